from django.apps import AppConfig


class QaConfig(AppConfig):
    name = "community.qa"
    label = "qa"

    def ready(self) -> None:
        from . import thread  # noqa: F401  joins in where threads are put together
