import gc

from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = "community.runtime"
    label = "runtime"

    def ready(self) -> None:
        from community import celery  # noqa: F401 - tasks belong to the app that is made
        from community.runtime import heartbeat, logs  # noqa: F401 - they connect signal receivers

        # The last app is loaded, and what was loaded stays. To look through it again at every collection and
        # at the end takes a fifth of the time of a short command.
        gc.freeze()
