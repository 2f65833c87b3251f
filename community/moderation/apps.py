from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "community.moderation"
    label = "moderation"

    def ready(self) -> None:
        from community.core import audit, backstage
        from community.notifications import subjects

        from . import dashboard, desk, told
        from .services import keep_entry

        audit.keep_with(keep_entry)
        backstage.add_tiles(dashboard.moderation_tiles)
        backstage.add_tiles(dashboard.system_tiles)
        backstage.add_member_panel(desk.conduct_panel)
        subjects.register("moderation.sanction", told.sanctions)
