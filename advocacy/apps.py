from django.apps import AppConfig


class AdvocacyConfig(AppConfig):
    name = "advocacy"

    def ready(self) -> None:
        from community.core import admin_base

        from .admin_panels import score_panel

        admin_base.add_member_panel(score_panel)
