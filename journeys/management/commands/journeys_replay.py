from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from journeys.services import replay

SHOWN = 20


class Command(BaseCommand):
    help = "Recompute every journey from the events. With --check, compare with what is stored and write nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit with status 1 if anything differs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        done = replay.replay_everyone()
        self.stdout.write(
            f"Members recomputed: {done.members}. Histories corrected: {done.corrected}. Rows written: {done.rows}."
        )

    def _check(self) -> None:
        found = replay.check_everyone()
        self.stdout.write(f"Compared {found.members} members and {found.member_days} member-days.")
        if found.waiting or found.follower_behind:
            self.stdout.write(f"Skipped: {found.waiting} members who are waiting to be recomputed.")
        if found.follower_behind:
            self.stdout.write("Some events have not been processed yet. Run `follow` first.")
        for sentence in found.differences[:SHOWN]:
            self.stdout.write(sentence)
        if found.differences:
            raise CommandError(f"{len(found.differences)} differences.")
        self.stdout.write("No differences.")
