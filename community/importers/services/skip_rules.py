"""Decide which staged rows are skipped, and why, before anything is built."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from community.importers.models import ImportBatch, StagedRow
from community.importers.progress import Progress
from community.importers.stackexchange.kinds import HISTORY_NOT_KEPT, VOTES_NOT_KEPT
from community.importers.stackexchange.tables import TABLES

from .statements import execute, ranges, save_progress

EARLIER = "imported earlier"
QUESTION_EARLIER = "its question was imported earlier"
NO_POST = "its post is not in the dump"
BELONGING = ("comments", "votes", "history", "links")
OTHER_POST = "its post is neither a question nor an answer"


@dataclass(frozen=True)
class Rule:
    """Skip the rows of `file` that match `where`. `reason` and `where` are SQL expressions."""

    file: str
    reason: str
    where: str


def _staged(file: str, where: str) -> str:
    return f"EXISTS (SELECT FROM importers_stagedrow o WHERE o.batch_id = s.batch_id AND o.file = '{file}' AND {where})"


def _mapped(kind: str, key: str = "s.source_id") -> str:
    return f"EXISTS (SELECT FROM importers_importedrow m WHERE m.site = %(site)s AND m.kind = '{kind}' AND m.source_id = {key})"


def _named(field: str, names: dict[int, str], prefix: str) -> str:
    cases = " ".join(f"WHEN '{number}' THEN '{prefix} {name}'" for number, name in names.items())
    return f"CASE s.data->>'{field}' {cases} ELSE '{prefix} type ' || (s.data->>'{field}') END"


_IS_POST = "o.source_id = s.parent_id AND o.data->>'PostTypeId' IN ('1', '2')"
_POST_HERE = _staged("posts", f"{_IS_POST} AND o.skip = ''")
_POST_EARLIER = f"({_mapped('post', 's.parent_id')} OR {_staged('posts', f'{_IS_POST} AND o.skip = {QUESTION_EARLIER!r}')})"
_TAG_TEXT = (
    "o.skip = '' AND s.source_id IN ((o.data->>'ExcerptPostId')::bigint, (o.data->>'WikiPostId')::bigint)"
)


def _needs_post(file: str) -> list[Rule]:
    return [
        Rule(file, f"'{QUESTION_EARLIER}'", _POST_EARLIER),
        Rule(
            file,
            f"'{OTHER_POST}'",
            _staged("posts", "o.source_id = s.parent_id AND NOT (o.data->>'PostTypeId' IN ('1', '2'))"),
        ),
        Rule(file, f"'{NO_POST}'", f"NOT {_POST_HERE}"),
    ]


# Order matters: questions come before their answers, and posts before the rows that belong to them.
RULES = [
    *(
        Rule(
            table.name,
            "'the same Id appears earlier in the file'",
            _staged(table.name, "o.source_id = s.source_id AND o.ordinal < s.ordinal"),
        )
        for table in TABLES
    ),
    Rule("users", f"'{EARLIER}'", _mapped("user")),
    Rule("tags", f"'{EARLIER}'", _mapped("tag")),
    Rule(
        "tags",
        "'the same name appears earlier in the file'",
        _staged(
            "tags",
            "lower(o.data->>'TagName') = lower(s.data->>'TagName') AND o.ordinal < s.ordinal AND o.skip = ''",
        ),
    ),
    Rule("badges", f"'{EARLIER}'", _mapped("badge")),
    Rule(
        "badges",
        "'its user is not in the dump'",
        f"NOT {_staged('users', f'o.source_id = s.parent_id AND o.skip IN ({str()!r}, {EARLIER!r})')}",
    ),
    Rule("posts", f"'{EARLIER}'", _mapped("post")),
    Rule(
        "posts",
        "'posts of type ' || (s.data->>'PostTypeId') || ' are not imported'",
        "s.data->>'PostTypeId' NOT IN ('1', '2', '4', '5')",
    ),
    Rule(
        "posts",
        "'does not describe a tag'",
        f"s.data->>'PostTypeId' IN ('4', '5') AND NOT {_staged('tags', _TAG_TEXT)}",
    ),
    Rule(
        "posts",
        "'a question without a title'",
        "s.data->>'PostTypeId' = '1' AND coalesce(btrim(s.data->>'Title'), '') = ''",
    ),
    Rule(
        "posts", f"'{QUESTION_EARLIER}'", f"s.data->>'PostTypeId' = '2' AND {_mapped('post', 's.parent_id')}"
    ),
    Rule(
        "posts",
        "'its question is not in the dump'",
        "s.data->>'PostTypeId' = '2' AND NOT "
        + _staged("posts", "o.source_id = s.parent_id AND o.data->>'PostTypeId' = '1' AND o.skip = ''"),
    ),
    Rule("comments", f"'{EARLIER}'", _mapped("comment")),
    *_needs_post("comments"),
    *_needs_post("votes"),
    Rule(
        "votes",
        _named("VoteTypeId", VOTES_NOT_KEPT, "not imported:"),
        "s.data->>'VoteTypeId' NOT IN ('1', '2', '3')",
    ),
    Rule(
        "history",
        "'earlier versions of tag descriptions are not imported'",
        _staged("posts", "o.source_id = s.parent_id AND o.data->>'PostTypeId' IN ('4', '5')"),
    ),
    *_needs_post("history"),
    Rule(
        "history",
        _named("PostHistoryTypeId", HISTORY_NOT_KEPT, "not imported:"),
        "(s.data->>'PostHistoryTypeId')::int NOT BETWEEN 1 AND 10",
    ),
    *_needs_post("links"),
    Rule("links", "'recreated from the links in the text'", "s.data->>'LinkTypeId' <> '3'"),
    Rule(
        "links",
        "'the question is not closed'",
        f"NOT {_staged('posts', _IS_POST + ' AND ' + '(o.data->>{}) IS NOT NULL'.format(repr('ClosedDate')))}",
    ),
]


def apply_skip_rules(batch: ImportBatch, progress: Progress) -> None:
    """Set the reason on every staged row that is skipped; idempotent."""
    if batch.progress.get("judged"):
        return
    progress.start("Checking", len(RULES))
    for rule in RULES:
        statement = f"""
            UPDATE importers_stagedrow s SET skip = left({rule.reason}, 120)
            WHERE s.batch_id = %(batch)s AND s.file = %(file)s AND s.ordinal BETWEEN %(first)s AND %(last)s
              AND s.skip = '' AND {rule.where}
        """  # noqa: S608 - built from constants
        for first, last in ranges(batch, rule.file):
            with transaction.atomic():
                execute(statement, batch=batch.pk, file=rule.file, site=batch.site, first=first, last=last)
        progress.advance(1)
    save_progress(batch, judged=True)


def skip_thread(batch: ImportBatch, question: StagedRow, *, reason: str) -> None:
    """Skip a question with its answers and all rows that belong to them."""
    staged = StagedRow.objects.filter(batch_id=batch.pk, skip="")
    answers = staged.filter(file="posts", parent_id=question.key)
    posts = [question.key, *answers.values_list("source_id", flat=True)]
    staged.filter(file="posts", source_id__in=posts).update(skip=reason[:120])
    staged.filter(file__in=BELONGING, parent_id__in=posts).update(skip=reason[:120])
