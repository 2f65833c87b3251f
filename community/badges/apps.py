from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BadgesConfig(AppConfig):
    name = "community.badges"
    label = "badges"

    def ready(self) -> None:
        # The same way Django keeps permissions and sites: a new version's badges are there after `migrate`.
        post_migrate.connect(_sync, sender=self)


def _sync(**_: Any) -> None:
    from . import services

    services.sync_badges()
