from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BadgesConfig(AppConfig):
    name = "community.badges"
    label = "badges"

    def ready(self) -> None:
        # As Django does for permissions and sites: `migrate` adds the badges of a new version.
        post_migrate.connect(_sync, sender=self)


def _sync(**_: Any) -> None:
    from .services import catalogue

    catalogue.sync_badges()
