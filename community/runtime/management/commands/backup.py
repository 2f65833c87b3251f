from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.runtime import backups
from community.runtime.postgres_tools import ToolError


class Command(BaseCommand):
    help = (
        "Save the database and the uploads to a new file while the site keeps running. "
        "It does not contain SECRET_KEY, server passwords or other settings from the environment."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest = backups.make(file)
        except (backups.BackupError, ToolError) as problem:
            raise CommandError(str(problem)) from problem
        rows = sum(manifest.rows.values())
        self.stdout.write(
            f"Saved {rows:,} rows and {len(manifest.files):,} uploads to {file} ({file.stat().st_size / 1e6:,.1f} MB)."
        )
        for name in manifest.missing_files:
            self.stderr.write(f"The database refers to the upload {name}, but the file does not exist.")
