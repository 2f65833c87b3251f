from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.events.registry import all_followers
from community.events.services import together


class Command(BaseCommand):
    help = "Run followers in the foreground until every event is processed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="names of followers (default: all)")

    def handle(self, *args: Any, names: list[str], **options: Any) -> None:
        known = all_followers()
        if unknown := set(names) - set(known):
            raise CommandError(
                f"Unknown follower: {', '.join(sorted(unknown))}. Choose from: {', '.join(known)}."
            )
        self.stdout.write(f"{together.catch_up(names or list(known))} events")
