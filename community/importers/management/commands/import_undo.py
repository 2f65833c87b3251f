from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.importers.models import ImportBatch
from community.importers.progress import ConsoleProgress
from community.importers.services import imports, rollback


class Command(BaseCommand):
    help = (
        "Undo an import: delete its topics, members, badges and events. It can be imported again afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--force", action="store_true", help="also delete what people have written in its topics since"
        )

    def handle(self, *args: Any, name: str, force: bool, **options: Any) -> None:
        batch = ImportBatch.objects.filter(name=name).first()
        if batch is None:
            names = ", ".join(ImportBatch.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no import called {name}. Imports: {names}.")
        try:
            with ConsoleProgress(self.stdout) as progress:
                deleted = rollback.undo(batch, force=force, progress=progress)
        except imports.ImportRefused as error:
            raise CommandError(str(error)) from error
        if not deleted:
            self.stdout.write(f"{name} has already been undone.")
            return
        self.stdout.write(f"{name}: removed")
        for what, count in sorted(deleted.items(), key=lambda pair: -pair[1]):
            self.stdout.write(f"{count:>9,} {what}")
