from datetime import UTC, datetime, time
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

    assert "Every day, 18:00 to 02:00 (JST)." in page


@pytest.mark.django_db
def test_forum_list_without_hours_shows_none(client):
    ProspectForumFactory()

    assert b"We are here" not in client.get("/prospects/").content
