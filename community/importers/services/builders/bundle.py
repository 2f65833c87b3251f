"""A bundle of staged questions with all the rows that belong to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from community.importers.models import ImportBatch, StagedRow
from community.importers.stackexchange.history import Version, versions_of
from community.importers.stackexchange.kinds import ANSWER, QUESTION
from community.members.models import Member

Rows = dict[int, list[StagedRow]]


@dataclass
class Bundle:
    """Rows keyed by the source id of the post they belong to; members by their own source id."""

    batch: ImportBatch
    questions: list[StagedRow]
    former_member: Member
    answers: Rows
    comments: Rows = field(default_factory=dict)
    votes: Rows = field(default_factory=dict)
    history: Rows = field(default_factory=dict)
    links: Rows = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    versions: dict[int, list[Version]] = field(default_factory=dict)

    def author_of(self, source_id: int | None) -> Member:
        """Return the member, or the former-member account if the author is unknown."""
        if source_id is None:
            return self.former_member
        return self.members.get(source_id, self.former_member)

    def member_of(self, source_id: int | None) -> Member | None:
        return self.members.get(source_id) if source_id is not None else None


def load_bundle(batch: ImportBatch, former_member: Member, *, after: int, size: int) -> Bundle:
    """Return the next `size` questions after this ordinal."""
    usable = StagedRow.objects.filter(batch_id=batch.pk, file="posts", skip="")
    questions = list(usable.filter(data__PostTypeId=QUESTION, ordinal__gt=after).order_by("ordinal")[:size])
    keys = [row.key for row in questions]
    answers = list(usable.filter(data__PostTypeId=ANSWER, parent_id__in=keys))
    posts = keys + [row.key for row in answers]
    bundle = Bundle(batch, questions, former_member, _by_parent(answers))
    bundle.comments = _below(batch, "comments", posts)
    bundle.votes = _below(batch, "votes", posts)
    bundle.history = _below(batch, "history", posts)
    bundle.links = _below(batch, "links", posts)
    bundle.versions = {post: versions_of(rows) for post, rows in bundle.history.items()}
    _load_members(bundle, answers)
    return bundle


def _below(batch: ImportBatch, file: str, posts: list[int]) -> Rows:
    rows = StagedRow.objects.filter(batch_id=batch.pk, file=file, skip="", parent_id__in=posts)
    return _by_parent(rows.order_by("ordinal"))


def _by_parent(rows: Iterable[StagedRow]) -> Rows:
    found: Rows = defaultdict(list)
    for row in rows:
        if row.parent_id is not None:
            found[row.parent_id].append(row)
    return dict(found)


def _load_members(bundle: Bundle, answers: list[StagedRow]) -> None:
    groups: list[Any] = [bundle.questions, answers, *bundle.comments.values(), *bundle.history.values()]
    wanted = {
        row.data.get(field)
        for rows in groups
        for row in rows
        for field in ("OwnerUserId", "LastEditorUserId", "UserId")
    } - {None}
    users = StagedRow.objects.filter(
        batch_id=bundle.batch.pk, file="users", source_id__in=wanted, target_id__isnull=False
    )
    targets = {row.key: row.target_id for row in users}
    bundle.names = {row.key: row.data.get("DisplayName", "") for row in users}
    members = Member.objects.in_bulk(set(targets.values()))
    bundle.members = {
        source: members[target]
        for source, target in targets.items()
        if target is not None and target in members
    }
