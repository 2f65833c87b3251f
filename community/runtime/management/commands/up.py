from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser, call_command, get_commands

from community.core import checks
from community.runtime import stack
from community.runtime.embedded import Servers
from community.runtime.environment import default_data
from community.runtime.home import Home, HomeError
from community.runtime.static_files import collect_when_changed

DEMO_TAGLINE = "Help with your Bruma espresso machine, from owners and from the people who make it"


class Command(BaseCommand):
    help = (
        "Run the whole community on this machine: PostgreSQL, Redis, web, worker and beat. Ctrl-C stops it."
    )
    requires_system_checks = [checks.SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--data", type=Path, help="Where to store all data (default: var/ in this checkout)."
        )
        parser.add_argument(
            "--no-demo", action="store_true", help="Start with an empty community instead of the demo."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        home = Home((options["data"] or default_data()).resolve())
        if os.environ["DATABASE_URL"] != home.database_url:
            raise CommandError(
                "DATABASE_URL points to your own server, but `up` runs its own. To use yours, run web, "
                "worker and beat as in docker-compose.yml. To use `up`, unset DATABASE_URL and REDIS_URL."
            )
        running = stack.find_running(home.root)
        if running:
            self.stdout.write(
                f"Caravan is already running at {running.url} (process {running.pid}, data in {running.data}). "
                f"To stop it, press Ctrl-C in its terminal or run `kill {running.pid}`."
            )
            return
        port = options["port"]
        if not stack.port_is_free(port):
            raise CommandError(
                f"Port {port} is already used by another program. Stop it or choose another port: "
                f"make up PORT={port + 1}"
            )
        try:
            self._run(home, port, demo=not options["no_demo"])
        except (HomeError, BlockingIOError) as error:
            raise CommandError(str(error)) from error

    def _run(self, home: Home, port: int, *, demo: bool) -> None:
        demo = demo and "seed_demo" in get_commands()
        os.environ.setdefault("DEMO", "1" if demo else "0")
        if demo:
            os.environ.setdefault("SITE_TAGLINE", DEMO_TAGLINE)
        with stack.claim(home.root, port):
            servers = Servers(home)
            self._say("starting PostgreSQL and Redis")
            with servers:
                self._say("updating the database")
                call_command("migrate", interactive=False, verbosity=0)
                if collect_when_changed():
                    self._say("collected static files")
                self._say("starting web, worker and beat")
                stack.run(servers, port=port, demo=demo)
                stack.wait_until_stopped(servers)

    def _say(self, text: str) -> None:
        self.stdout.write(f"caravan │ {text}")
        self.stdout.flush()
