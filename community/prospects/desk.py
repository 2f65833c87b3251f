"""The lists of questions on the sales desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Count, Q

from community.core.pagination import PER_PAGE
from community.core.prepared import Prepared, compiled_at_start
from community.members.models import Member

from .models import DeskQuestion, DeskQuestionQuerySet

if TYPE_CHECKING:
    from django.db.models import QuerySet

# How many of the answered questions the desk shows.
RECENT = 5

LISTS: dict[str, Callable[[DeskQuestionQuerySet, datetime], DeskQuestionQuerySet]] = {
    "waiting": lambda questions, now: questions.for_work(now),
    "held back": lambda questions, now: questions.held_back(now),
    "answered": lambda questions, now: questions.answered(),
}


class OpenCounts(NamedTuple):
    """How many open questions wait for the team, how many of those are overdue, and how many are held back."""

    waiting: int
    overdue: int
    held_back: int  # for customers


def open_counts(reader: Member, *, now: datetime) -> OpenCounts:
    """Count the open questions at the reader's desk. One query."""
    found = _open_counts(reader.staff_role).first(reader_id=reader.pk, now=now)
    return OpenCounts(*found[1:]) if found else OpenCounts(0, 0, 0)


@dataclass(frozen=True)
class Questions:
    """The ids of one of LISTS at the reader's desk, to be loaded by `for_cards`; a page of it is one query."""

    name: str
    reader: Member
    now: datetime

    def __getitem__(self, wanted: slice) -> list[int]:
        start = wanted.start or 0
        # One statement for every page: a last page that is shorter ends by itself.
        rows = _ids(self.name, self.reader.staff_role)(reader_id=self.reader.pk, now=self.now, offset=start)
        return [pk for (pk,) in rows[: wanted.stop - start]]


def for_cards(ids: list[int]) -> dict[int, DeskQuestion]:
    """Return these questions by id, with what a card shows. One query."""
    # The joins are made for these alone, not for all that are sorted.
    return {question.pk: question for question in _cards()(ids=ids)} if ids else {}


def closed_until(questions: Iterable[DeskQuestion], *, now: datetime) -> datetime | None:
    """Return when the first of the questions' forums opens again; None while one of them is open."""
    opens = [forum.closed_until(now) for forum in {question.forum for question in questions}]
    return None if None in opens else min(filter(None, opens), default=None)


@cache
def _open_counts(role: str) -> Prepared[tuple[str, int, int, int]]:
    def build(reader_id: int, now: datetime) -> QuerySet[DeskQuestion, Any]:
        questions = DeskQuestion.objects.at_desk_of(Member(pk=reader_id, role=role)).open()
        held_back = Q(is_urgent=False, opens_at__gt=now)
        counts = questions.values_list("state").annotate(
            waiting=Count("pk", filter=~held_back),
            overdue=Count("pk", filter=~held_back & Q(due_at__lt=now)),
            held_back=Count("pk", filter=held_back),
        )
        return counts.order_by()

    return Prepared(build)


@cache
def _ids(name: str, role: str) -> Prepared[tuple[int]]:
    def build(reader_id: int, now: datetime) -> QuerySet[DeskQuestion, Any]:
        questions = DeskQuestion.objects.at_desk_of(Member(pk=reader_id, role=role))
        return LISTS[name](questions, now).values_list("pk")

    return Prepared(build, limit=RECENT if name == "answered" else PER_PAGE)


@compiled_at_start()
def _cards() -> Prepared[DeskQuestion]:
    return Prepared(lambda ids: DeskQuestion.objects.filter(pk__any_of=ids).for_cards())
