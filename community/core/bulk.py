"""Insert many rows with one statement that has one parameter: the rows as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

from . import prepared

BATCH = 10_000


def insert(
    rows: Sequence[models.Model],
    *,
    update: Sequence[str] = (),
    ignore_conflicts: bool = False,
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert unsaved rows of one model in their order, and return the `returning` columns of the rows inserted.

    With `update`, these fields of a row with the same primary key are updated instead. `bulk_create` does the same in
    twenty times the time, as it converts and passes each value by itself. Columns with a database default, and keys
    that the database assigns, must be unset in all rows or in none. Values must be what JSON can express, dates,
    decimals or UUIDs.
    """
    found = []
    for start in range(0, len(rows), BATCH):
        found += _insert(rows[start : start + BATCH], update, ignore_conflicts, returning)
    return found


def _insert(
    rows: Sequence[models.Model], update: Sequence[str], ignore_conflicts: bool, returning: Sequence[str]
) -> list[tuple[Any, ...]]:
    model = type(rows[0])
    fields = tuple(field for field in model._meta.local_concrete_fields if _is_set(field, rows[0]))
    names = [field.column for field in fields]
    values = [dict(zip(names, row, strict=True)) for row in map(_getter(fields), rows)]
    statement = _statement(model, fields, tuple(update), ignore_conflicts, tuple(returning))
    return prepared.fetch(statement, [json.dumps(values, default=str)])


@cache
def _statement(
    model: type[models.Model],
    fields: Sequence[models.Field[Any, Any]],
    update: Sequence[str],
    ignore_conflicts: bool,
    returning: Sequence[str],
) -> str:
    options = model._meta
    columns = ", ".join(_quoted(field) for field in fields)
    types = ", ".join(f"{_quoted(field)} {field.db_type(connection)}" for field in fields)
    statement = f"INSERT INTO {connection.ops.quote_name(options.db_table)} ({columns}) "
    statement += f"SELECT {columns} FROM json_to_recordset(%s::json) AS found({types}) "  # noqa: S608
    if update:
        updated = [_quoted(options.get_field(name)) for name in update]
        sets = ", ".join(f"{column} = excluded.{column}" for column in updated)
        statement += f"ON CONFLICT ({_quoted(options.pk)}) DO UPDATE SET {sets} "
    elif ignore_conflicts:
        statement += "ON CONFLICT DO NOTHING "
    if returning:
        statement += f"RETURNING {', '.join(_quoted(options.get_field(name)) for name in returning)}"
    return statement


def _getter(fields: Sequence[models.Field[Any, Any]]) -> Callable[[models.Model], tuple[Any, ...]]:
    first, *others = (field.attname for field in fields)
    if others:
        return attrgetter(first, *others)
    return lambda row: (getattr(row, first),)


def _is_set(field: models.Field[Any, Any], row: models.Model) -> bool:
    value = getattr(row, field.attname)
    return not isinstance(value, DatabaseDefault) and not (field.primary_key and value is None)


def _quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)
