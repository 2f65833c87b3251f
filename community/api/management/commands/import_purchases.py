from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.api import services


class Command(BaseCommand):
    help = (
        "Import purchases from a CSV file. Applying a file again changes nothing. "
        + services.describe_columns()
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument(
            "--source", default="csv", help="whose ids these are; the source of a token, to share its ids"
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, source: str, **options: Any) -> None:
        try:
            outcome = services.import_purchases(file, source=source[:40], dry_run=dry_run)
        except services.FileProblem as problem:
            raise CommandError(str(problem)) from problem
        if outcome.seen_before:
            when = outcome.seen_before.imported_at
            self.stdout.write(f"This very file was imported on {when:%Y-%m-%d %H:%M}.")
        counts = outcome.counts
        self.stdout.write(
            f"{'Would be new' if dry_run else 'New'}: {counts['accepted']:,} (of them {counts['unmatched']:,} "
            f"unmatched, which wait), duplicate: {counts['duplicate']:,}, conflict: {counts['conflict']:,}, "
            f"quarantined: {counts['quarantined']:,}, rejected: {counts['rejected']:,}."
        )
        for sentence in outcome.problems:
            self.stdout.write(sentence)
