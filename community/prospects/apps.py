from django.apps import AppConfig


class ProspectsConfig(AppConfig):
    name = "community.prospects"
    label = "prospects"

    def ready(self) -> None:
        from community.forum import hooks
        from community.notifications import subjects

        from . import threads, told

        hooks.decorate_thread(threads.prospect_context)
        subjects.register("prospects.deskquestion", told.questions)
