"""Service hours: when a promise is due, and the hours as text in the reader's time zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

FRIDAY = 4
A_DAY = timedelta(days=1)


def validate_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("Enter the name of a time zone, such as Europe/Berlin."))


def due(
    start: datetime, wait: timedelta, *, opens: time, closes: time, zone: ZoneInfo, every_day: bool
) -> datetime:
    """Return when the team was open for `wait` since `start`; a day may close after midnight."""
    lasts_past_midnight = closes <= opens
    day = start.astimezone(zone).date() - A_DAY * lasts_past_midnight
    while True:
        if every_day or day.weekday() <= FRIDAY:
            opening = datetime.combine(day, opens, tzinfo=zone).astimezone(UTC)
            closing = datetime.combine(day + A_DAY * lasts_past_midnight, closes, tzinfo=zone).astimezone(UTC)
            since = max(start.astimezone(UTC), opening)
            if since + wait <= closing:
                return since + wait
            wait -= max(closing - since, timedelta(0))
        day += A_DAY


def in_words(opens: time, closes: time, *, zone: ZoneInfo, every_day: bool, now: datetime) -> str:
    """Return the days and hours; the days are those on which the team opens, seen from the reader's zone."""
    today = now.astimezone(zone).date()
    opening, closing = (
        datetime.combine(today, at, tzinfo=zone).astimezone(timezone.get_current_timezone())
        for at in (opens, closes)
    )
    shift = (opening.date() - today).days
    first, last = (WEEKDAYS[(day + shift) % 7] for day in (0, FRIDAY))
    values = {
        "first": first,
        "last": last,
        "opens": f"{opening:%H:%M}",
        "closes": f"{closing:%H:%M}",
        "zone": opening.tzname(),
    }
    if every_day:
        return _("Every day, %(opens)s to %(closes)s (%(zone)s).") % values
    return _("%(first)s to %(last)s, %(opens)s to %(closes)s (%(zone)s).") % values
