"""Bulk inserts with PostgreSQL's COPY."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection, models


def copy_rows(rows: Iterable[models.Model]) -> None:
    """Insert unsaved rows of one model; without primary keys, the table must have a sequence."""
    rows = list(rows)
    if not rows:
        return
    model = type(rows[0])
    fields = [
        field
        for field in model._meta.local_concrete_fields
        if not field.generated
        and not (field.primary_key and getattr(rows[0], field.attname) is None)
        and not (field.has_db_default() and field.default is models.NOT_PROVIDED)
    ]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as stream,
    ):
        for row in rows:
            stream.write_row(
                [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
            )


def next_key(model: type[models.Model]) -> int:
    return (model._base_manager.aggregate(most=models.Max("pk"))["most"] or 0) + 1


def renumber(model: type[models.Model]) -> None:
    """Set the table's sequence to the highest key, after keys were copied into it."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence(%s, %s), (SELECT max({column}) FROM {table}))",  # noqa: S608
            [f'"{table}"', column],
        )


@dataclass
class Batch:
    """Rows for several tables that reference each other, to be copied in one transaction."""

    rows: dict[type[models.Model], list[models.Model]] = field(default_factory=dict)

    def add(self, *rows: models.Model) -> None:
        for row in rows:
            self.rows.setdefault(type(row), []).append(row)

    def copy(self) -> None:
        for rows in self.rows.values():
            copy_rows(rows)
        self.rows.clear()
