"""The report of an import: rows read = imported + skipped (with reasons), and remarks for the administrator."""

# ruff: noqa: S608 - statements are built from constants in this module; values are parameters

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from community.forum.models import Tag
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from community.importers.stackexchange.tables import TABLES
from community.members.models import Member

from . import failures
from .builders.people import handle
from .statements import fetch

_COUNTS = """
  SELECT file, skip, count(*) FROM importers_stagedrow WHERE batch_id = %(batch)s GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""
# Posts are left out: those that describe tags count as imported but do not become posts.
_KINDS = {
    "Users.xml": ImportedRow.Kind.USER,
    "Tags.xml": ImportedRow.Kind.TAG,
    "Badges.xml": ImportedRow.Kind.BADGE,
    "Comments.xml": ImportedRow.Kind.COMMENT,
}
_POSTS = "importers_stagedrow p WHERE p.batch_id = %(batch)s AND p.file = 'posts' AND p.skip = ''"
_QUESTIONS_AND_ANSWERS = f"{_POSTS} AND p.data->>'PostTypeId' IN ('1', '2')"
# Each query returns a count; the sentence is shown if it is not 0.
_REMARKS = {
    "Posts whose score differs from the sum of their votes (the score is kept): {}.": f"""
        SELECT count(*) FROM (SELECT (p.data->>'Score')::int AS score, (
            SELECT coalesce(sum(CASE v.data->>'VoteTypeId' WHEN '2' THEN 1 WHEN '3' THEN -1 END), 0)
              FROM importers_stagedrow v
             WHERE v.batch_id = p.batch_id AND v.file = 'votes' AND v.parent_id = p.source_id AND v.skip = ''
          ) AS votes FROM {_QUESTIONS_AND_ANSWERS}) s WHERE score IS DISTINCT FROM votes""",
    "Accepted answers missing from the dump (their questions are imported as open): {}.": f"""
        SELECT count(*) FROM {_POSTS} AND p.data ? 'AcceptedAnswerId' AND NOT EXISTS (
            SELECT FROM importers_stagedrow a WHERE a.batch_id = p.batch_id AND a.file = 'posts' AND a.skip = ''
              AND a.source_id = (p.data->>'AcceptedAnswerId')::bigint AND a.parent_id = p.source_id)""",
    "Questions and answers without an author (shown as posts by a former member): {}.": f"""
        SELECT count(*) FROM {_QUESTIONS_AND_ANSWERS} AND NOT p.data ? 'OwnerUserId'""",
    "Comments without an author (shown as comments by a former member): {}.": """
        SELECT count(*) FROM importers_stagedrow p
         WHERE p.batch_id = %(batch)s AND p.file = 'comments' AND p.skip = '' AND NOT p.data ? 'UserId'""",
    "Users who posted before their account was created (both times are kept): {}.": f"""
        SELECT count(DISTINCT u.source_id) FROM importers_stagedrow u, {_QUESTIONS_AND_ANSWERS}
           AND u.batch_id = p.batch_id AND u.file = 'users' AND u.source_id = (p.data->>'OwnerUserId')::bigint
           AND p.created_at < u.created_at""",
    "Posts and users with the same id as one from another site: {}. Their old URLs let readers choose a page, unless "
    "the title or the host name shows which one is meant.": """
        SELECT count(*) FROM importers_stagedrow s WHERE s.batch_id = %(batch)s AND s.skip = '' AND s.file IN ('posts', 'users')
           AND EXISTS (SELECT FROM importers_importedrow o WHERE o.source_id = s.source_id AND o.site <> %(site)s
             AND o.kind = CASE s.file WHEN 'users' THEN 'user' ELSE 'post' END)""",
    "Display names shared by several users (their usernames get a number): {}.": """
        SELECT count(*) FROM (SELECT 1 FROM importers_stagedrow
         WHERE batch_id = %(batch)s AND file = 'users' AND skip = '' AND data ? 'DisplayName'
         GROUP BY data->>'DisplayName' HAVING count(*) > 1) n""",
}


def report_of(batch: ImportBatch, folder: Path) -> dict[str, Any]:
    """Return {"tables": [{"file", "read", "imported", "skipped": {reason: rows}}], "remarks": [sentence]}."""
    return {"tables": _tables(batch), "remarks": [*_missing(folder), *_remarks(batch)]}


def _tables(batch: ImportBatch) -> list[dict[str, Any]]:
    counts: dict[str, dict[str, int]] = {}
    for file, skip, rows in fetch(_COUNTS, batch=batch.pk):
        counts.setdefault(file, {})[skip] = rows
    tables = []
    for table in TABLES:
        found = counts.get(table.name, {})
        imported = found.pop("", 0)
        read = imported + sum(found.values())
        tables.append({"file": table.file, "read": read, "imported": imported, "skipped": found})
    return tables


def verified(batch: ImportBatch) -> dict[str, Any]:
    """Return the report after building, with failed rows and tables whose number of rows is not as expected."""
    tables = _tables(batch)
    actual = Counter(ImportedRow.objects.filter(batch=batch).values_list("kind", flat=True).iterator())
    expected = {table["file"]: table["imported"] for table in tables}
    differing = [
        f"{file}: imported {expected[file]:,} rows, but found {actual[kind]:,}."
        for file, kind in _KINDS.items()
        if expected[file] != actual[kind]
    ]
    remarks = [*batch.report["remarks"], *failures.remarks(batch), *differing]
    return {"tables": tables, "remarks": remarks}


def _missing(folder: Path) -> list[str]:
    return [f"{table.file} is missing." for table in TABLES if not (folder / table.file).is_file()]


def _remarks(batch: ImportBatch) -> list[str]:
    """Return the remarks that apply to the staged rows."""
    counted = [
        sentence.format(f"{rows:,}")
        for sentence, statement in _REMARKS.items()
        if (rows := fetch(statement, batch=batch.pk, site=batch.site)[0][0])
    ]
    return [*counted, *_conflicts(batch)]


def _conflicts(batch: ImportBatch) -> list[str]:
    rows = StagedRow.objects.filter(batch_id=batch.pk, skip="")
    tags = {name.lower() for name in rows.filter(file="tags").values_list("data__TagName", flat=True)}
    shared = Tag.objects.filter(name__in=tags).count()
    taken = _taken(batch)
    sentences = []
    if shared:
        sentences.append(f"Tags that already exist here (they are shared): {shared:,}.")
    if taken:
        sentences.append(f"Usernames that are already taken here (imported ones get a number): {taken:,}.")
    return sentences


def _taken(batch: ImportBatch) -> int:
    """Count the users whose username belongs to a member who is not part of this import."""
    users = StagedRow.objects.filter(batch_id=batch.pk, file="users", skip="")
    names = users.values_list("data__DisplayName", flat=True).iterator(chunk_size=2000)
    handles = {handle(name or "") for name in names}
    members = Member.objects.exclude(
        pk__in=users.filter(target_id__isnull=False).values("target_id")
    ).values_list("username", flat=True)
    return sum(username.lower() in handles for username in members.iterator(chunk_size=2000))
