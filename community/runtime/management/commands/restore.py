import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.runtime import restoration
from community.runtime.backups import BackupError
from community.runtime.postgres_tools import ToolError


class Command(BaseCommand):
    help = (
        "Restore the database and the uploads from a file made by `backup`. Stop web, worker and beat first."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--replace", action="store_true", help="delete everything in the database and the uploads first"
        )

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            manifest = restoration.restore(file, replace=replace)
        except (BackupError, ToolError) as problem:
            raise CommandError(str(problem)) from problem
        if "CARAVAN_DATA" in os.environ:  # keep `up` from seeding the demo into a restored community
            (Path(os.environ["CARAVAN_DATA"]) / "demo-loaded").touch()
        rows = sum(manifest.rows.values())
        self.stdout.write(
            f"Restored {rows:,} rows and {len(manifest.files):,} uploads from {manifest.made_at}. "
            "Members stay logged in if SECRET_KEY is unchanged. Views and visits not yet saved at that time are lost."
        )
