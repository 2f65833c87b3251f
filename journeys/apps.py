from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "journeys"

    def ready(self) -> None:
        from community.core.admin_base import add_member_panel

        from . import admin_panels

        add_member_panel(admin_panels.journey_panel)
