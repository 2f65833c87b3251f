from django.apps import AppConfig


class ProspectsConfig(AppConfig):
    name = "community.prospects"
    label = "prospects"

    def ready(self) -> None:
        from community.forum import hooks
        from community.notifications import subjects

        from . import screening, threads, told

        hooks.screen_post(screening.screen)
        hooks.decorate_thread(threads.prospect_context)
        subjects.register("prospects.deskquestion", told.questions)
