"""A member's recorded activity by week, newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.core.paginator import Page
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber, TruncWeek
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from community.core.pagination import page_of
from community.events.catalogue import QUESTION_ASKED, TOPIC_CREATED, VISIT_DAY
from community.events.services import custom_kinds
from community.members.models import Member
from journeys.event_text import READING, EventText, action_of, describe, merge_repeats

from .timeline import events_of

# Weeks on a page; events of one week among others, and on a page of its own; kinds in a week's summary.
WEEKS, EVENTS, ALL, KINDS = 8, 25, 200, 3
DAYS = timedelta(days=7)
YEARS = range(1970, 3000)


@dataclass(frozen=True)
class Week:
    """`did` says what happened most, for the closed week; `left_out` is how many events are only on its own page."""

    first: date
    did: Sequence[str]
    more: bool
    events: Sequence[EventText]
    left_out: int

    @property
    def last(self) -> date:
        return self.first + DAYS - timedelta(days=1)


@dataclass(frozen=True)
class Weeks:
    page: Page[Any]
    shown: Sequence[Week]
    only: bool = False  # a single week was asked for


def weeks_of(request: HttpRequest, member: Member, reader: Member) -> Weeks:
    """Return one page of a member's weeks for a reader, or the week in `?week=2026-11-23` alone.

    At most six queries, for any number of weeks and events.
    """
    events: Any = events_of(member).annotate(week=TruncWeek("occurred_at"))
    only = _asked(request)
    if only is not None:
        found: Sequence[datetime] = [only]
        page: Page[Any] = page_of(request, [only.date()])
        events = events.filter(occurred_at__gte=only, occurred_at__lt=_after(only))
    else:
        active = events.order_by("-week").values_list("week", flat=True).distinct()
        page = page_of(request, active, per_page=WEEKS)
        found = list(page)
    if not found:
        return Weeks(page, [])
    events = events.filter(occurred_at__gte=found[-1], occurred_at__lt=_after(found[0]))
    most = EVENTS if only is None else ALL
    return Weeks(page, _weeks(events, found, member, reader, most=most), only is not None)


def _weeks(
    events: Any, found: Sequence[datetime], member: Member, reader: Member, *, most: int
) -> list[Week]:
    counts: dict[datetime, dict[str, int]] = {week: {} for week in found}
    for week, name, n in events.order_by().values_list("week", "name").annotate(n=Count("pk")):
        counts.setdefault(week, {})[name] = n
    custom = custom_kinds.among({name for week in counts.values() for name in week})
    own = member.pk == reader.pk
    says = partial(action_of, own=own, custom=custom)
    place = Window(RowNumber(), partition_by=F("week"), order_by=F("occurred_at").desc())
    newest = list(events.annotate(place=place).filter(place__lte=most))
    described: dict[datetime, list[EventText]] = {week: [] for week in found}
    for one, told in zip(newest, describe(newest, reader), strict=True):
        described.setdefault(one.week, []).append(told)
    return [_week(week, counts[week], described[week], says) for week in found if counts[week]]


def _week(
    week: datetime, counts: dict[str, int], events: list[EventText], says: Callable[[str], str]
) -> Week:
    left_out = sum(counts.values()) - len(events)
    if QUESTION_ASKED in counts and TOPIC_CREATED in counts:  # one act
        counts[TOPIC_CREATED] -= min(counts[TOPIC_CREATED], counts[QUESTION_ASKED])
    most = sorted(counts.items(), key=lambda item: (item[0] in READING, -item[1], item[0]))
    did = [_did(says(name), n, visits=name == VISIT_DAY) for name, n in most if n]
    return Week(week.date(), did[:KINDS], len(did) > KINDS, merge_repeats(events), left_out)


def _did(action: str, n: int, *, visits: bool) -> str:
    """Return "replied 3 times"."""
    if visits:
        return ngettext("visited on %(n)d day", "visited on %(n)d days", n) % {"n": n}
    return ngettext("%(what)s", "%(what)s %(n)d times", n) % {"what": action, "n": n}


def _asked(request: HttpRequest) -> datetime | None:
    """Return the start of the week in `?week=`, in the reader's time zone. Raises Http404 for what is not a date."""
    text = request.GET.get("week")
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
        day -= timedelta(days=day.weekday())
        if day.year not in YEARS:
            raise ValueError(text)
        return _start(day)
    except (ValueError, OverflowError):
        raise Http404(_("There is no such week.")) from None


def _after(week: datetime) -> datetime:
    return _start(week.date() + DAYS)


def _start(day: date) -> datetime:
    """Return midnight in the reader's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))
