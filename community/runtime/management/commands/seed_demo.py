import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from community.core.demo import being_written
from community.runtime.demo.seeding import seed


class Command(BaseCommand):
    help = "Make the demo community of an invented maker of coffee machines. Safe to run twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--yes-this-is-a-demo",
            action="store_true",
            help="Needed where others can reach the site: the demo's accounts have a password everybody knows.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # Only the embedded stack, which is local, sets CARAVAN_DATA.
        if "CARAVAN_DATA" not in os.environ and not options["yes_this_is_a_demo"]:
            raise CommandError(
                "This is a served community, and the demo's accounts have a password everybody knows. "
                "If it is to be a demo, run: manage.py seed_demo --yes-this-is-a-demo"
            )
        with being_written():
            if not seed(log=self.stdout.write):
                self.stdout.write("The demo was there already.")
