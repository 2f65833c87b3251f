from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.api.management import arguments
from community.api.services import csv_files, order_statuses
from community.api.services.purchase_files import columns, imports
from community.api.services.purchase_files.imports import MAX_PROBLEMS, Options, Outcome
from community.core import currencies


class Command(BaseCommand):
    help = (
        "Import purchases from a CSV file. If the file cannot be read, nothing is imported. It is safe to import the same "
        "file again, or a newer export with the same orders. Purchases more than ten years old are quarantined unless you "
        "use --any-age. " + columns.describe()
    )

    def add_arguments(self, parser: CommandParser) -> None:
        arguments.add_file(parser)
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="show how the file is read and what would happen without writing anything",
        )
        parser.add_argument(
            "--source",
            default="",
            type=arguments.source_name,
            help="the system that the IDs come from (default: the format, or csv); name an API token's source to share its IDs",
        )
        parser.add_argument(
            "--format",
            default="",
            choices=columns.FORMATS,
            help="the format of the file (default: recognised by its columns)",
        )
        parser.add_argument(
            "--decimal", default="", choices=("point", "comma"), help="the decimal mark of amounts"
        )
        parser.add_argument(
            "--currency", type=_currency, help="the currency of amounts without one, such as EUR"
        )
        parser.add_argument(
            "--time-zone",
            default=ZoneInfo("UTC"),
            type=_zone,
            help="the time zone of times without one, such as Europe/Berlin (default: UTC)",
        )
        parser.add_argument(
            "--status",
            action="append",
            default=[],
            type=_status,
            metavar="STATUS=MEANING",
            help=f"what a status means: {', '.join(order_statuses.BY_NAME)}; can be repeated",
        )
        parser.add_argument(
            "--any-age", action="store_true", help="also import purchases more than ten years old"
        )
        parser.add_argument(
            "--correct",
            action="store_true",
            help="replace what was imported under the same IDs before; the old versions are retracted",
        )
        parser.add_argument(
            "--all-problems",
            action="store_true",
            help=f"list all problems, not only the first {MAX_PROBLEMS}",
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, all_problems: bool, **options: Any) -> None:
        read_as = Options(
            source=options["source"],
            format=options["format"],
            encoding=options["encoding"],
            dates=options["dates"],
            decimal={"point": ".", "comma": ","}.get(options["decimal"], ""),  # type: ignore[arg-type]
            currency=options["currency"] or "",
            zone=options["time_zone"],
            statuses=dict(options["status"]),
            any_age=options["any_age"],
            correct=options["correct"],
        )
        try:
            outcome = imports.import_purchases(file, options=read_as, dry_run=dry_run)
        except csv_files.InvalidFile as error:
            raise CommandError(str(error)) from error
        for line in _report(outcome, dry_run=dry_run, most=None if all_problems else MAX_PROBLEMS):
            self.stdout.write(line)


def _report(outcome: Outcome, *, dry_run: bool, most: int | None) -> Iterator[str]:
    if outcome.seen_before:
        yield f"This file was already imported on {outcome.seen_before.imported_at:%Y-%m-%d %H:%M}."
    yield from _how_it_was_read(outcome)
    counts, grouped = outcome.counts, outcome.grouped
    yield (
        f"{'Would be new' if dry_run else 'New'}: {counts['accepted']:,} ({counts['unmatched']:,} of them "
        f"unmatched), updated: {counts['updated']:,}, duplicates: {counts['duplicate']:,}, conflicts: "
        f"{counts['conflict']:,}, quarantined: {counts['quarantined']:,}, rejected: {counts['rejected']:,}."
    )
    if counts["refunds"]:
        yield f"Refunds among the new ones: {counts['refunds']:,}."
    if counts["withdrawn"]:
        yield f"Purchases withdrawn because their orders were not paid: {counts['withdrawn']:,}."
    if grouped.further_rows:
        yield f"Additional product rows of orders: {grouped.further_rows:,}."
    if grouped.unpaid:
        listed = ", ".join(f"{status} ({count:,})" for status, count in grouped.unpaid.most_common())
        yield f"Skipped because they are not paid: {listed}."
    for line, problem in outcome.problems[:most]:
        yield f"Line {line}: {problem}"
    if most is not None and len(outcome.problems) > most:
        yield f"And {len(outcome.problems) - most:,} more problems; --all-problems lists them all."


def _how_it_was_read(outcome: Outcome) -> Iterator[str]:
    found = outcome.columns
    how = "as given with --format" if found.was_named else "by its columns"
    yield (
        f"Read as {found.format.title} ({how}), in {outcome.table.encoding}, separated by "
        f"{csv_files.DELIMITERS.get(outcome.table.delimiter, repr(outcome.table.delimiter))}; IDs belong to the source “{outcome.source}”."
    )
    taken = "; ".join(f"{found.column(name)} is the {columns.FIELDS[name]}" for name in found.fields)
    yield f"Columns: {taken}."
    yield f"Ignored columns: {', '.join(found.ignored) or 'none'}."
    if "status" not in found.fields:
        yield "There is no status column, so every row counts as paid."


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ArgumentTypeError(
            f"There is no time zone called {name}. Use one such as Europe/Berlin."
        ) from error


def _currency(code: str) -> str:
    if code.upper() not in currencies.CODES:
        raise ArgumentTypeError(f"{code} is not a currency. Use an ISO 4217 code, such as EUR.")
    return code.upper()


def _status(given: str) -> tuple[str, order_statuses.Meaning]:
    status, equals, name = given.rpartition("=")
    if not equals or name not in order_statuses.BY_NAME:
        raise ArgumentTypeError(
            f"Write STATUS=MEANING, such as “On loan=unpaid”. The meanings are {', '.join(order_statuses.BY_NAME)}."
        )
    return order_statuses.plain(status), order_statuses.BY_NAME[name]
