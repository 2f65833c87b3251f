"""Giving out our ids before anything is built, so that posts can link to posts that come later."""

from __future__ import annotations

from django.db import transaction

from community.forum.models import Post, Topic
from community.importers.models import ImportBatch, ImportedRow
from community.members.models import Member

from .judging import EARLIER
from .stepping import execute, ranges, save_progress

_NUMBER = """
  UPDATE importers_stagedrow s SET {column} = n.id
    FROM (SELECT ordinal, nextval(pg_get_serial_sequence(%(table)s, 'id')) AS id
            FROM (SELECT ordinal FROM importers_stagedrow
                   WHERE batch_id = %(batch)s AND file = %(file)s AND ordinal BETWEEN %(first)s AND %(last)s
                     AND skip = '' AND {column} IS NULL AND {where}
                   ORDER BY ordinal) o) n
   WHERE s.batch_id = %(batch)s AND s.file = %(file)s AND s.ordinal = n.ordinal
"""
_TOPIC_OF_ANSWER = """
  UPDATE importers_stagedrow s SET topic_id = q.topic_id
    FROM importers_stagedrow q
   WHERE s.batch_id = %(batch)s AND s.file = 'posts' AND s.ordinal BETWEEN %(first)s AND %(last)s
     AND s.skip = '' AND s.data->>'PostTypeId' = '2'
     AND q.batch_id = s.batch_id AND q.file = 'posts' AND q.source_id = s.parent_id AND q.skip = ''
"""
_KNOWN_USERS = """
  UPDATE importers_stagedrow s SET target_id = m.target_id
    FROM importers_importedrow m
   WHERE s.batch_id = %(batch)s AND s.file = 'users' AND s.ordinal BETWEEN %(first)s AND %(last)s
     AND s.skip = %(earlier)s AND m.site = %(site)s AND m.kind = %(kind)s AND m.source_id = s.source_id
"""
_IS_POST = "data->>'PostTypeId' IN ('1', '2')"


def number(batch: ImportBatch) -> None:
    """Give every row that will be imported the id it will have here."""
    if batch.progress.get("numbered"):
        return
    _number(batch, "users", Member._meta.db_table)
    _number(batch, "posts", Post._meta.db_table, where=_IS_POST)
    _number(batch, "posts", Topic._meta.db_table, column="topic_id", where="data->>'PostTypeId' = '1'")
    _number(batch, "comments", Post._meta.db_table)
    _each(batch, "posts", _TOPIC_OF_ANSWER)
    _each(batch, "users", _KNOWN_USERS, earlier=EARLIER, site=batch.site, kind=ImportedRow.Kind.USER)
    execute("ANALYZE importers_stagedrow")
    save_progress(batch, numbered=True)


def _number(
    batch: ImportBatch, file: str, table: str, *, column: str = "target_id", where: str = "true"
) -> None:
    _each(batch, file, _NUMBER.format(column=column, where=where), file=file, table=table)


def _each(batch: ImportBatch, ranged: str, statement: str, **values: object) -> None:
    for first, last in ranges(batch, ranged):
        with transaction.atomic():
            execute(statement, batch=batch.pk, first=first, last=last, **values)
