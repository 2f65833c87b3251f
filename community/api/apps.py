from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "community.api"
    label = "api"
    verbose_name = "API"

    def ready(self) -> None:
        from community.core.admin_base import add_tiles

        from . import dashboard

        add_tiles(dashboard.tiles)
