from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.forum.models import Category
from community.importers.models import ImportBatch
from community.importers.progress import ConsoleProgress
from community.importers.services import imports
from community.importers.services.staging import find_dump
from community.importers.stackexchange.reader import DumpError


class Command(BaseCommand):
    help = (
        "Import a Stack Exchange data dump. Run it again to continue after an interruption; "
        "running it twice is safe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="the folder with the unpacked dump")
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would happen without writing anything"
        )
        parser.add_argument(
            "--batch", metavar="NAME", help="a name for this import (default: the name of the folder)"
        )
        parser.add_argument(
            "--site",
            default="",
            metavar="HOST",
            help="the host name of the site, if its links do not show it",
        )
        parser.add_argument(
            "--category",
            default="",
            metavar="SLUG",
            help="the slug of the category for the questions (default: a new category)",
        )

    def handle(
        self,
        *args: Any,
        folder: Path,
        dry_run: bool,
        batch: str | None,
        site: str,
        category: str,
        **options: Any,
    ) -> None:
        target = Category.objects.filter(slug=category).first()
        if category and target is None:
            raise CommandError(f"There is no category with the slug {category}.")
        try:
            dump = find_dump(folder)
            with ConsoleProgress(self.stdout) as progress:
                if dry_run:
                    result = imports.dry_run(dump, site=site, progress=progress)
                else:
                    result = imports.open_batch(dump, name=(batch or folder.resolve().name)[:80], site=site)
                    imports.run(result, dump, category=target, progress=progress)
        except (DumpError, imports.ImportRefused) as error:
            raise CommandError(str(error)) from error
        self._print(result)

    def _print(self, batch: ImportBatch) -> None:
        verb = "would be imported" if not batch.pk else "imported"
        self.stdout.write(f"\n{batch.name}: from {batch.site}")
        for table in batch.report["tables"]:
            skipped = sum(table["skipped"].values())
            self.stdout.write(
                f"{table['file']:<16} {table['read']:>9,} read = {table['imported']:>9,} {verb} + {skipped:>7,} skipped"
            )
            for reason, rows in table["skipped"].items():
                self.stdout.write(f"{'':<20}{rows:>9,} {reason}")
        for sentence in batch.report["remarks"]:
            self.stdout.write(f"Note: {sentence}")
        if batch.pk:
            self.stdout.write(f"Done. To undo this import, run `manage.py import_undo {batch.name}`.")
