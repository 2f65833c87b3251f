from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = "community.runtime"
    label = "runtime"

    def ready(self) -> None:
        from community.runtime import heartbeat, logs  # noqa: F401 - they connect signal receivers
