from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.api.services import purchase_files


class Command(BaseCommand):
    help = (
        "Import purchases from a CSV file. Importing a file again changes nothing. "
        + purchase_files.describe_columns()
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would happen without writing anything"
        )
        parser.add_argument(
            "--source",
            default="csv",
            help="the system the IDs come from; use a token's source to share its IDs",
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, source: str, **options: Any) -> None:
        try:
            outcome = purchase_files.import_purchases(file, source=source[:40], dry_run=dry_run)
        except purchase_files.InvalidFile as error:
            raise CommandError(str(error)) from error
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
