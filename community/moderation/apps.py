from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "community.moderation"
    label = "moderation"

    def ready(self) -> None:
        from community.core import backstage
        from community.notifications import subjects

        from . import dashboard, notification_targets, review_page

        backstage.add_tiles(dashboard.moderation_tiles)
        backstage.add_tiles(dashboard.system_tiles)
        backstage.add_member_panel(review_page.conduct_panel)
        subjects.register("moderation.sanction", notification_targets.sanctions)
