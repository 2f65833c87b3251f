"""Relative times in words, at each boundary."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from community.core.ago import phrase

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(written: str) -> timedelta:
    return timedelta(**{UNITS[written[-1]]: int(written[:-1])})


@pytest.mark.parametrize(
    ("distance", "before", "after"),
    [
        ("0s", "now", "now"),
        ("59s", "now", "now"),
        ("60s", "1 minute ago", "in 1 minute"),
        ("119s", "1 minute ago", "in 1 minute"),
        ("2m", "2 minutes ago", "in 2 minutes"),
        ("59m", "59 minutes ago", "in 59 minutes"),
        ("60m", "1 hour ago", "in 1 hour"),
        ("23h", "23 hours ago", "in 23 hours"),
        ("24h", "yesterday", "tomorrow"),
        ("47h", "yesterday", "tomorrow"),
        ("48h", "2 days ago", "in 2 days"),
        ("6d", "6 days ago", "in 6 days"),
        ("7d", "last week", "next week"),
        ("13d", "last week", "next week"),
        ("14d", "2 weeks ago", "in 2 weeks"),
        ("29d", "4 weeks ago", "in 4 weeks"),
        ("30d", "on May 16", "on Jul 15"),
        ("165d", "on Jan 1", "on Nov 27"),
        ("166d", "on Dec 31, 2025", "on Nov 28"),
        ("365d", "on Jun 15, 2025", "on Jun 15, 2027"),
    ],
)
def test_phrase_is_natural(distance, before, after):
    assert phrase(NOW - span(distance), now=NOW) == before
    assert phrase(NOW + span(distance), now=NOW) == after


def test_phrase_uses_the_readers_time_zone():
    moment = datetime(2026, 1, 1, 2, tzinfo=UTC)

    with timezone.override("America/New_York"):
        assert phrase(moment, now=NOW) == "on Dec 31, 2025"
    with timezone.override("Asia/Tokyo"):
        assert phrase(moment, now=NOW) == "on Jan 1"
