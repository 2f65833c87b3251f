"""What notifications are about, as each reader may see it.

An app above registers, from its AppConfig.ready(), how its rows are shown:

    subjects.register("forum.post", posts_as_subjects)

A subject that the reader may not see is left out of the answer, and its notification out of the list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from community.members.models import Member

    from .models import Notification


@dataclass(frozen=True)
class Subject:
    title: str
    address: str


Resolver = Callable[["Member", Collection[int]], Mapping[int, Subject]]

_resolvers: dict[str, Resolver] = {}


def register(subject_type: str, resolver: Resolver) -> None:
    """Let `resolver(reader, ids)` show the subjects of one type, in the same number of queries for any ids."""
    _resolvers[subject_type] = resolver


def of(notifications: Collection[Notification], *, reader: Member) -> dict[int, Subject]:
    """Return the subject of each notification, by its id; without those that the reader may not see."""
    wanted: dict[str, set[int]] = {}
    for line in notifications:
        wanted.setdefault(line.subject_type, set()).add(line.subject_id)
    found = {
        (kind, subject_id): subject
        for kind, ids in wanted.items()
        if kind in _resolvers
        for subject_id, subject in _resolvers[kind](reader, ids).items()
    }
    return {
        line.pk: found[line.subject_type, line.subject_id]
        for line in notifications
        if (line.subject_type, line.subject_id) in found
    }
