from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.api.services import purchase_files


class Command(BaseCommand):
    help = (
        "Import purchases from a CSV file. It is safe to import the same file again. "
        + purchase_files.describe_columns()
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would happen, without writing anything"
        )
        parser.add_argument(
            "--source",
            default="csv",
            help="where the IDs come from; use the source of an API token to share its IDs",
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, source: str, **options: Any) -> None:
        try:
            outcome = purchase_files.import_purchases(file, source=source[:40], dry_run=dry_run)
        except purchase_files.InvalidFile as error:
            raise CommandError(str(error)) from error
        if outcome.seen_before:
            when = outcome.seen_before.imported_at
            self.stdout.write(f"This file was already imported on {when:%Y-%m-%d %H:%M}.")
        counts = outcome.counts
        self.stdout.write(
            f"{'Would be new' if dry_run else 'New'}: {counts['accepted']:,} ({counts['unmatched']:,} of them "
            f"unmatched), duplicates: {counts['duplicate']:,}, conflicts: {counts['conflict']:,}, "
            f"quarantined: {counts['quarantined']:,}, rejected: {counts['rejected']:,}."
        )
        for sentence in outcome.problems:
            self.stdout.write(sentence)
