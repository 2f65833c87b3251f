"""The fields imported from each of a dump's eight tables, and their validation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

MAX_NUMBER = 2**31 - 1
MAX_ID = 2**53
MAX_TEXT_LENGTH = 200_000
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Table:
    """How to read one file. `parent` names the attribute with the id of the row's parent."""

    name: str
    file: str
    root: str
    date: str = ""
    parent: str = ""
    ids: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A row ready to be staged; `skip` is the reason if it is unusable."""

    source_id: int | None = None
    parent_id: int | None = None
    created_at: datetime | None = None
    data: dict[str, Any] = field(default_factory=dict)
    skip: str = ""


_POST_TEXTS = ("Title", "Tags", "Body", "OwnerDisplayName", "LastEditorDisplayName", "ContentLicense")
TABLES = (
    Table(
        "users",
        "Users.xml",
        "users",
        date="CreationDate",
        dates=("LastAccessDate",),
        texts=("DisplayName", "AboutMe", "Location", "WebsiteUrl"),
        required=("CreationDate",),
    ),
    Table(
        "tags",
        "Tags.xml",
        "tags",
        ids=("ExcerptPostId", "WikiPostId"),
        texts=("TagName",),
        required=("TagName",),
    ),
    Table(
        "badges",
        "Badges.xml",
        "badges",
        date="Date",
        parent="UserId",
        numbers=("Class",),
        texts=("Name", "TagBased"),
        required=("UserId", "Name", "Date"),
    ),
    Table(
        "posts",
        "Posts.xml",
        "posts",
        date="CreationDate",
        parent="ParentId",
        ids=("OwnerUserId", "LastEditorUserId", "AcceptedAnswerId"),
        numbers=("PostTypeId", "Score", "ViewCount"),
        dates=("LastEditDate", "ClosedDate"),
        texts=_POST_TEXTS,
        required=("PostTypeId", "CreationDate"),
    ),
    Table(
        "comments",
        "Comments.xml",
        "comments",
        date="CreationDate",
        parent="PostId",
        ids=("UserId",),
        numbers=("Score",),
        texts=("Text", "UserDisplayName", "ContentLicense"),
        required=("PostId", "CreationDate", "Text"),
    ),
    Table(
        "history",
        "PostHistory.xml",
        "posthistory",
        date="CreationDate",
        parent="PostId",
        ids=("UserId",),
        numbers=("PostHistoryTypeId",),
        texts=("RevisionGUID", "UserDisplayName", "Comment", "Text"),
        required=("PostId", "PostHistoryTypeId", "CreationDate"),
    ),
    Table(
        "votes",
        "Votes.xml",
        "votes",
        date="CreationDate",
        parent="PostId",
        numbers=("VoteTypeId",),
        required=("PostId", "VoteTypeId", "CreationDate"),
    ),
    Table(
        "links",
        "PostLinks.xml",
        "postlinks",
        date="CreationDate",
        parent="PostId",
        ids=("RelatedPostId",),
        numbers=("LinkTypeId",),
        required=("PostId", "RelatedPostId", "LinkTypeId"),
    ),
)


class _Unusable(Exception):
    """A row cannot be used; the message goes into the report."""


def usable(table: Table, attributes: dict[str, str]) -> Row:
    """Return the row with its known attributes converted to their types; others are dropped."""
    try:
        source_id = _number(attributes, "Id", MAX_ID)
        if source_id is None:
            raise _Unusable("no Id")
        for name in table.required:
            if not attributes.get(name, "").strip():
                raise _Unusable(f"no {name}")
        return _read(table, attributes, source_id)
    except _Unusable as problem:
        return Row(skip=str(problem))


def _read(table: Table, attributes: dict[str, str], source_id: int) -> Row:
    data: dict[str, Any] = {name: _number(attributes, name, MAX_ID) for name in table.ids}
    data |= {name: _number(attributes, name, MAX_NUMBER) for name in table.numbers}
    for name in table.dates:
        moment = _moment(attributes, name)
        data[name] = moment and moment.isoformat()
    for name in table.texts:
        data[name] = attributes.get(name)
        if len(data[name] or "") > MAX_TEXT_LENGTH:
            raise _Unusable(f"{name} is longer than {MAX_TEXT_LENGTH:,} characters")
    return Row(
        source_id=source_id,
        parent_id=_number(attributes, table.parent, MAX_ID) if table.parent else None,
        created_at=_moment(attributes, table.date) if table.date else None,
        data={name: value for name, value in data.items() if value is not None},
    )


def _number(attributes: dict[str, str], name: str, largest: int) -> int | None:
    value = attributes.get(name)
    if value is None or value == "":
        return None
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20) or int(digits) > largest:
        raise _Unusable(f"{name} is not a usable number")
    return int(value)


def _moment(attributes: dict[str, str], name: str) -> datetime | None:
    value = attributes.get(name)
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Unusable(f"{name} is not a time") from None
    if not EARLIEST < moment < datetime.now(UTC) + timedelta(days=1):
        raise _Unusable(f"{name} is out of range")
    return moment
