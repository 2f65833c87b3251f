"""Writing many rows at once, with PostgreSQL's COPY."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, models


def copy(rows: Iterable[models.Model]) -> None:
    """Write unsaved rows of one model; a row without a key must belong to a table that counts by itself."""
    rows = list(rows)
    if not rows:
        return
    model = type(rows[0])
    fields = [
        field
        for field in model._meta.local_concrete_fields
        if not field.generated and not (field.primary_key and getattr(rows[0], field.attname) is None)
        and not (field.has_db_default() and field.default is models.NOT_PROVIDED)
    ]  # fmt: skip
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
    """Let the table count on after the keys that were copied into it."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence(%s, %s), (SELECT max({column}) FROM {table}))",  # noqa: S608
            [f'"{table}"', column],
        )
