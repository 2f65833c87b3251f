from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "community.moderation"
    label = "moderation"

    def ready(self) -> None:
        from community.core import audit, backstage
        from community.forum import hooks
        from community.notifications import subjects

        from . import dashboard, desk, threads, told
        from .services import keep_entry

        audit.keep_with(keep_entry)
        hooks.decorate_thread(threads.reviews_by_post)
        backstage.add_tiles(dashboard.moderation_tiles)
        backstage.add_tiles(dashboard.system_tiles)
        backstage.add_member_panel(desk.conduct_panel)
        subjects.register("moderation.sanction", told.sanctions)
