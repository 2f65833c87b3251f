from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError

from community.runtime import application_role


class Command(migrate.Command):
    """Django's migrate, which also creates the application's database role if APP_DATABASE_URL is set."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if settings.APP_DATABASE_URL and not (
            options["plan"] or options["check_unapplied"] or options["app_label"]
        ):
            try:
                application_role.ensure(settings.APP_DATABASE_URL)
            except (DatabaseError, ValueError) as error:
                raise CommandError(f"The application's database role could not be made: {error}") from error
