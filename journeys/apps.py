from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "journeys"

    def ready(self) -> None:
        from community.forum import hooks

        from . import threads

        hooks.decorate_thread(threads.stage_by_member)
