from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.api.management import arguments
from community.api.services import people_files
from community.api.services.csv_files import InvalidFile

MAX_PROBLEMS = 50


class Command(BaseCommand):
    help = (
        "Import people and their IDs in another system from a CSV file. If the file cannot be read, nothing is imported. "
        "Members with an email address in the file are linked to their ID; anyone else becomes a member who cannot log in "
        "and gets no email until a manager invites them. It is safe to import the same file again. "
        + people_files.describe_columns()
    )

    def add_arguments(self, parser: CommandParser) -> None:
        arguments.add_file(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would happen without writing anything"
        )
        parser.add_argument(
            "--source",
            required=True,
            type=arguments.source_name,
            help="the system that the IDs come from, as named in API tokens and purchase imports",
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, source: str, **options: Any) -> None:
        try:
            outcome = people_files.import_people(
                file,
                source=source,
                encoding=options["encoding"],
                dates=options["dates"],
                dry_run=dry_run,
            )
        except InvalidFile as error:
            raise CommandError(str(error)) from error
        counts = outcome.counts
        self.stdout.write(
            f"Columns: {'; '.join(f'{column} is {name}' for name, column in outcome.columns.items())}."
        )
        self.stdout.write(f"Ignored columns: {', '.join(outcome.ignored) or 'none'}.")
        self.stdout.write(
            f"{'Would be new' if dry_run else 'New'}: {counts['accepted']:,}, linked: {counts['updated']:,}, known: "
            f"{counts['duplicate']:,}, conflicts: {counts['conflict']:,}, rejected: {counts['rejected']:,}."
        )
        for line, problem in outcome.problems[:MAX_PROBLEMS]:
            self.stdout.write(f"Line {line}: {problem}")
        if len(outcome.problems) > MAX_PROBLEMS:
            self.stdout.write(f"And {len(outcome.problems) - MAX_PROBLEMS:,} more problems.")
