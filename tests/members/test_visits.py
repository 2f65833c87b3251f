from datetime import timedelta

import pytest
from django.utils import timezone

from community.core import redis_client
from community.events.catalogue import VISIT_DAY
from community.events.models import Event
from community.members import tasks
from community.members.services import visits
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)


@pytest.fixture(autouse=True)
def nothing_gathered():
    """Clear visits buffered by other tests."""
    redis_client.client().delete(redis_client.key(visits.VISITS))


def told():
    return Event.objects.filter(name=VISIT_DAY)


def expire_marker(member):
    """Delete what keeps other processes from noting another visit, as Redis does after ten minutes."""
    redis_client.client().delete(f"{redis_client.key(visits.VISITS)}:{member.pk}")


def an_hour_passes(member):
    """Let every process note the next visit, whenever it is."""
    expire_marker(member)
    visits._noted_until.clear()


def test_a_visit_records_its_day():
    member = MemberFactory()
    visits.note_visit(member.pk, url="/latest/", now=NOON)

    assert visits.write_visits() == 1

    member.refresh_from_db()
    assert member.last_seen_at == NOON
    assert (told().get().member, told().get().props) == (member, {"first_url": "/latest/"})


def test_another_page_within_ten_minutes_is_the_same_visit():
    member = MemberFactory()
    for _ in range(3):
        visits.note_visit(member.pk, url="/", now=NOON)

    assert visits.write_visits() == 1


def test_a_visit_is_noted_as_soon_as_ten_minutes_have_passed():
    """A page in between, which is not noted, must not make the process wait longer."""
    member = MemberFactory()
    for minutes in (0, 6):
        visits.note_visit(member.pk, url="/", now=NOON + timedelta(minutes=minutes))
    expire_marker(member)
    visits.note_visit(member.pk, url="/", now=NOON + timedelta(minutes=10, seconds=30))

    assert visits.write_visits() == 2


def test_a_day_is_recorded_once_for_any_number_of_visits():
    member = MemberFactory()
    for hours in (0, 1, 2, 30):
        an_hour_passes(member)
        visits.note_visit(member.pk, url="/", now=NOON + timedelta(hours=hours))
        visits.write_visits()

    member.refresh_from_db()
    times = sorted(event.occurred_at for event in told())
    assert times == [NOON, NOON + timedelta(hours=30)]
    assert member.last_seen_at == NOON + timedelta(hours=30)


def test_visits_written_together_keep_the_first_of_the_day_and_the_last_seen():
    member = MemberFactory()
    for hours in (3, 1, 2):
        an_hour_passes(member)
        visits.note_visit(member.pk, url=f"/{hours}/", now=NOON + timedelta(hours=hours))

    tasks.write_visits()

    member.refresh_from_db()
    assert told().get().props == {"first_url": "/1/"}
    assert member.last_seen_at == NOON + timedelta(hours=3)


@pytest.mark.parametrize(
    ("hours", "now", "new_since"),
    [
        ((), 0, None),
        ((0,), 0, None),
        ((0,), 0.9, None),
        ((0,), 1, 0),  # the visit that begins now is written later
        ((0, 0.5, 1.4), 1.5, None),
        ((0, 0.5, 30), 30, 0.5),
        ((0, 0.5, 30, 30.5), 31, 0.5),
        ((0, 30, 60), 60.5, 30),
        ((0, 30, 60), 90, 60),
    ],
)
def test_things_are_new_since_the_end_of_the_visit_before(hours, now, new_since):
    member = MemberFactory()
    for hour in hours:
        an_hour_passes(member)
        visits.note_visit(member.pk, url="/", now=NOON + timedelta(hours=hour))
        visits.write_visits()

    member.refresh_from_db()
    assert member.new_since(NOON + timedelta(hours=now)) == (
        None if new_since is None else NOON + timedelta(hours=new_since)
    )


def test_visits_of_deleted_members_are_skipped():
    visits.note_visit(4711, url="/", now=NOON)

    visits.write_visits()

    assert told().count() == 0


def test_pages_note_visits_of_members_but_not_of_visitors(client):
    member = MemberFactory()
    client.get("/")
    client.force_login(member)

    client.get("/badges/")
    client.get("/u/nobody-here/")
    visits.write_visits()

    assert told().get().props == {"first_url": "/badges/"}


@pytest.mark.parametrize(("zone", "days"), [("UTC", 2), ("America/Los_Angeles", 1), ("Pacific/Auckland", 2)])
def test_days_are_in_the_members_time_zone(zone, days):
    """An hour before and after midnight in UTC is one afternoon in California; midnight in Auckland is at noon in UTC."""
    member = MemberFactory(time_zone=zone)
    midnight = NOON.replace(hour=0)
    hours = (-1, 1) if zone != "Pacific/Auckland" else (8, 14)  # 21:00 and 03:00 there
    for hour in hours:
        an_hour_passes(member)
        visits.note_visit(member.pk, url="/", now=midnight + timedelta(hours=hour))
    visits.write_visits()

    assert told().count() == days
