from typing import Any

from django.core.management.base import BaseCommand

from community.badges.services import catalogue


class Command(BaseCommand):
    help = (
        "Add or update the badges that come with this version. Badges changed in the admin stay as they are."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{catalogue.sync_badges()} badges added or updated.")
