from django.apps import AppConfig


class ImportersConfig(AppConfig):
    name = "community.importers"
    label = "importers"

    def ready(self) -> None:
        from community.forum.hooks import decorate_thread

        from .services.attribution import attributions

        decorate_thread(attributions)
