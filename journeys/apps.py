from django.apps import AppConfig
from django.db.models.signals import post_migrate


class JourneysConfig(AppConfig):
    name = "journeys"

    def ready(self) -> None:
        from community.core.admin_base import add_member_panel

        from . import admin_panels, upgrade

        post_migrate.connect(upgrade.after_migrate, sender=self)
        add_member_panel(admin_panels.journey_panel)
