import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from community.core.demo import being_written
from community.runtime.demo.seeding import seed


class Command(BaseCommand):
    help = "Create the demo community of a fictional maker of coffee machines. Safe to run twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--yes-this-is-a-demo",
            action="store_true",
            help="Required where others can reach the site, because the demo accounts have a password that everybody knows.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Only the embedded stack, which is local, sets CARAVAN_DATA.
        if "CARAVAN_DATA" not in os.environ and not options["yes_this_is_a_demo"]:
            raise CommandError(
                "Others can reach this site, and the demo accounts have a password that everybody knows. "
                "To create the demo anyway, run: manage.py seed_demo --yes-this-is-a-demo"
            )
        with being_written():
            if not seed(log=self.stdout.write):
                self.stdout.write("The demo already exists.")
