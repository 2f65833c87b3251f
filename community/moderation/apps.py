from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "community.moderation"
    label = "moderation"

    def ready(self) -> None:
        from community.core import admin_base
        from community.notifications import subjects

        from . import notification_targets, review_page

        admin_base.add_member_panel(review_page.conduct_panel)
        subjects.register("moderation.sanction", notification_targets.sanctions)
