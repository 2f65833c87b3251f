from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from community.prospects import hours
from tests.factories.members import MemberFactory
from tests.factories.prospects import ProspectForumFactory

WINTER = datetime(2026, 1, 14, 12, tzinfo=UTC)


def said(zone: str, reader: str, *, every_day: bool = False) -> str:
    with timezone.override(ZoneInfo(reader)):
        return hours.in_words(time(9), time(17), zone=ZoneInfo(zone), every_day=every_day, now=WINTER)


def test_hours_are_shown_in_the_readers_zone():
    assert said("Europe/Berlin", "UTC") == "Monday to Friday, 08:00 to 16:00 (UTC)."
    assert said("Europe/Berlin", "Europe/Berlin") == "Monday to Friday, 09:00 to 17:00 (CET)."


def test_days_are_those_of_the_reader():
    assert said("Pacific/Auckland", "UTC") == "Sunday to Thursday, 20:00 to 04:00 (UTC)."


def test_hours_of_every_day():
    assert said("UTC", "UTC", every_day=True) == "Every day, 09:00 to 17:00 (UTC)."


def due(start: str, hours_of_wait: int, *, opens: int = 9, closes: int = 17, every_day: bool = False) -> str:
    """Return when a promise in Berlin is due, by its clock; both in January, where the 5th is a Monday."""
    berlin = ZoneInfo("Europe/Berlin")
    end = hours.due(
        datetime.strptime(f"2026 {start}", "%Y %d %H:%M").replace(tzinfo=berlin),
        timedelta(hours=hours_of_wait),
        opens=time(opens),
        closes=time(closes),
        zone=berlin,
        every_day=every_day,
    )
    return f"{end.astimezone(berlin):%d %H:%M}"


def test_promise_counts_service_hours_only():
    assert due("05 10:00", 4) == "05 14:00"
    assert due("05 07:30", 4) == "05 13:00"
    assert due("05 15:00", 4) == "06 11:00"
    assert due("05 17:00", 4) == "06 13:00"
    assert due("05 13:00", 4) == "05 17:00"
    assert due("09 16:00", 4) == "12 12:00"
    assert due("10 12:00", 4) == "12 13:00"
    assert due("05 09:00", 40) == "09 17:00"


def test_promise_counts_weekends_if_the_team_answers_then():
    assert due("09 16:00", 4, every_day=True) == "10 12:00"


def test_promise_counts_hours_past_midnight():
    assert due("05 23:00", 4, opens=20, closes=4) == "06 03:00"
    assert due("06 02:00", 4, opens=20, closes=4) == "06 22:00"
    assert due("10 02:00", 4, opens=20, closes=4) == "12 22:00"
    assert due("05 23:00", 40, opens=9, closes=9) == "07 15:00"


def test_promise_counts_the_hour_that_summer_time_skips():
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 29, 1, tzinfo=berlin)

    end = hours.due(
        start, timedelta(hours=2), opens=time(0), closes=time(8), zone=berlin, every_day=True
    ).astimezone(berlin)

    assert end == datetime(2026, 3, 29, 4, tzinfo=berlin)


def test_unknown_zones_are_invalid():
    with pytest.raises(ValidationError, match="name of a time zone"):
        hours.validate_zone("Berlin")


@pytest.mark.django_db
def test_one_of_both_hours_is_invalid():
    forum = ProspectForumFactory()
    forum.opens_at = time(9)

    with pytest.raises(ValidationError, match="Enter both"):
        forum.full_clean()


@pytest.mark.django_db
def test_forum_list_shows_hours_beside_the_promise(client):
    ProspectForumFactory(opens_at=time(9), closes_at=time(17), answers_on_weekends=True)
    client.force_login(MemberFactory(time_zone="Asia/Tokyo"))

    page = " ".join(client.get("/prospects/").content.decode().split())

    assert (
        "replies within 4 hours. Only our opening hours count: Every day, 18:00 to 02:00 (JST). "
        "Customers answer first, for 30 minutes." in page
    )


@pytest.mark.django_db
def test_forum_list_without_hours_shows_none(client):
    ProspectForumFactory()

    assert b"opening hours" not in client.get("/prospects/").content


@pytest.mark.parametrize(
    ("now", "reopens"),
    [
        ("Fri 9 16:59", None),
        ("Fri 9 17:01", "12 09:00"),
        ("Sat 10 12:00", "12 09:00"),
        ("Mon 12 09:00", None),
    ],
)
def test_a_forum_is_closed_until_its_team_answers_again(now, reopens):
    berlin = ZoneInfo("Europe/Berlin")
    forum = ProspectForumFactory.build(
        category=None, opens_at=time(9), closes_at=time(17), time_zone="Europe/Berlin"
    )
    moment = datetime.strptime(f"2026 1 {now}", "%Y %m %a %d %H:%M").replace(tzinfo=berlin)

    found = forum.closed_until(moment)

    assert (found and f"{found.astimezone(berlin):%d %H:%M}") == reopens


def test_a_forum_without_hours_is_never_closed():
    assert ProspectForumFactory.build(category=None).closed_until(WINTER) is None
