"""Resolve what notifications are about, as each reader may see it.

Apps above register a resolver for their models in AppConfig.ready():

    subjects.register("forum.post", posts_as_subjects)

Subjects that the reader may not see are left out, and their notifications are not listed.
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
    """Register `resolver(reader, ids)` for one type; its query count must not depend on the number of ids."""
    _resolvers[subject_type] = resolver


def resolve(notifications: Collection[Notification], *, reader: Member) -> dict[int, Subject]:
    """Return the subjects that the reader may see, by notification id."""
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
