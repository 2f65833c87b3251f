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

from .models import DeskQuestion, DeskQuestionQuerySet, assigned_q, recently_answered_q

if TYPE_CHECKING:
    from django.db.models import QuerySet

LISTS: dict[str, Callable[[DeskQuestionQuerySet, int, datetime], DeskQuestionQuerySet]] = {
    "waiting": lambda questions, reader, now: questions.for_work(now),
    "mine": lambda questions, reader, now: questions.assigned(now).filter(claimed_by=reader),
    "others": lambda questions, reader, now: questions.assigned(now).exclude(claimed_by=reader),
    "held_back": lambda questions, reader, now: questions.held_back(now),
    "answered": lambda questions, reader, now: questions.answered(now),
}


class Counts(NamedTuple):
    """How many questions are in each of LISTS, and how many of those waiting are overdue."""

    waiting: int = 0
    mine: int = 0
    others: int = 0
    held_back: int = 0
    answered: int = 0
    overdue: int = 0


def counts_of(reader: Member, *, now: datetime) -> Counts:
    """Count the questions at the reader's desk. One query."""
    by_state = _counts(reader.staff_role)(reader_id=reader.pk, now=now)
    return Counts(*(sum(numbers) for numbers in zip(*(row[1:] for row in by_state), strict=True)))


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


def for_cards(ids: list[int]) -> list[DeskQuestion]:
    """Return these questions in this order, with what a card shows. One query."""
    # The joins are made for these alone, not for all that are sorted.
    found = {question.pk: question for question in _cards()(ids=ids)} if ids else {}
    return [found[pk] for pk in ids if pk in found]


def closed_until(questions: Iterable[DeskQuestion], *, now: datetime) -> datetime | None:
    """Return when the first of the questions' forums opens again; None while one of them is open."""
    opens = [forum.closed_until(now) for forum in {question.forum for question in questions}]
    return None if None in opens else min(filter(None, opens), default=None)


@cache
def _counts(role: str) -> Prepared[tuple[str, int, int, int, int, int, int]]:
    def build(reader_id: int, now: datetime) -> QuerySet[DeskQuestion, Any]:
        questions = DeskQuestion.objects.at_desk_of(Member(pk=reader_id, role=role))
        is_open, answered = Q(state=DeskQuestion.State.OPEN), recently_answered_q(now)
        held_back = is_open & Q(is_urgent=False, opens_at__gt=now)
        waiting = is_open & ~held_back
        assigned, mine = waiting & assigned_q(now), Q(claimed_by=reader_id)
        lists = (waiting, assigned & mine, assigned & ~mine, held_back, answered, waiting & Q(due_at__lt=now))
        counts = {
            f"n_{name}": Count("pk", filter=wanted)
            for name, wanted in zip(Counts._fields, lists, strict=True)
        }
        return questions.filter(is_open | answered).values_list("state").annotate(**counts).order_by()

    return Prepared(build)


@cache
def _ids(name: str, role: str) -> Prepared[tuple[int]]:
    def build(reader_id: int, now: datetime) -> QuerySet[DeskQuestion, Any]:
        questions = DeskQuestion.objects.at_desk_of(Member(pk=reader_id, role=role))
        return LISTS[name](questions, reader_id, now).values_list("pk")

    return Prepared(build, limit=PER_PAGE)


@compiled_at_start()
def _cards() -> Prepared[DeskQuestion]:
    return Prepared(lambda ids: DeskQuestion.objects.filter(pk__any_of=ids).for_cards())
