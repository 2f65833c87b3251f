from django.apps import AppConfig


class ProspectsConfig(AppConfig):
    name = "community.prospects"
    label = "prospects"

    def ready(self) -> None:
        from community.forum import hooks

        from . import screening, threads

        hooks.screen_post(screening.screen)
        hooks.decorate_thread(threads.prospect_context)
