from django.apps import AppConfig


class ProspectsConfig(AppConfig):
    name = "community.prospects"
    label = "prospects"

    def ready(self) -> None:
        from community.notifications import subjects

        from . import notification_targets

        subjects.register("prospects.deskquestion", notification_targets.questions)
