"""All followers at once: each event exactly once, by whoever wants it, with one reading of the log."""

import re

import pytest
from django.db import connection, transaction

from community.events import registry, tasks
from community.events.catalogue import GUIDELINES_ACCEPTED, MEMBER_REGISTERED
from community.events.models import Cursor, DeadLetter
from community.events.services import cursors, recording, together
from tests.support import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def followers(monkeypatch):
    """Replace all followers by those given, and let them read everything before."""

    def replace(**handlers):
        names = {"wanting": frozenset([GUIDELINES_ACCEPTED]), "bored": frozenset([MEMBER_REGISTERED])}
        made = {
            name: registry.Follower(name, names.get(name.partition("_")[0]), handle, 500)
            for name, handle in handlers.items()
        }
        monkeypatch.setattr(registry, "_registry", made)
        monkeypatch.setattr(registry, "autodiscover_modules", lambda name: None)
        for name in made:
            Cursor.objects.create(name=name)

    return replace


def agree(ann, *versions):
    for version in versions:
        with transaction.atomic():
            recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, key=str(version), version=version)


def versions(events):
    return [event.props["version"] for event in events]


def nobody(events):
    raise AssertionError("It wants no such events.")


def test_events_go_once_to_those_who_want_them(ann, followers):
    seen = []
    followers(wanting=lambda events: seen.extend(versions(events)), bored=nobody)
    agree(ann, 1, 2)

    left = [together.follow_together() for _ in range(2)]

    assert (left, seen) == ([[], []], [1, 2])
    assert [cursors.is_behind(name) for name in ("wanting", "bored")] == [False, False]


def test_the_log_is_read_once_for_all_followers(ann, followers):
    followers(wanting_1=lambda events: None, wanting_2=lambda events: None, bored=nobody)
    agree(ann, 1)
    readings = []

    def count(execute, sql, *rest):
        readings.extend(re.findall(r"FROM event\s", sql))
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        tasks.sweep()

    assert len(readings) == 1


def test_a_follower_that_fails_does_not_stop_the_others(ann, followers):
    seen = []

    def fail(events):
        raise ValueError("no")

    followers(wanting_1=fail, wanting_2=lambda events: seen.extend(versions(events)))
    agree(ann, 1)

    assert together.follow_together() == ["wanting_1"]
    assert seen == [1]
    for _ in range(cursors.MAX_FAILURES - 1):
        with pytest.raises(ValueError):
            cursors.follow("wanting_1")
    cursors.follow("wanting_1")
    assert DeadLetter.objects.get().error == "ValueError: no"
    assert together.follow_together() == []


def test_followers_at_different_places_meet_again(ann, followers):
    seen = {"wanting_1": [], "wanting_2": []}
    followers(
        wanting_1=lambda events: seen["wanting_1"].append(versions(events)),
        wanting_2=lambda events: seen["wanting_2"].append(versions(events)),
    )
    agree(ann, 1)
    cursors.follow("wanting_1")
    agree(ann, 2)

    assert together.follow_together() == []
    assert seen == {"wanting_1": [[1], [2]], "wanting_2": [[1, 2]]}
    assert len({cursors.place_of(cursor) for cursor in Cursor.objects.all()}) == 1


def test_with_a_backlog_everybody_follows_by_themselves(ann, followers, monkeypatch):
    monkeypatch.setattr(together, "LIMIT", 2)
    followers(wanting=nobody, bored=nobody)
    agree(ann, 1, 2, 3)

    assert sorted(together.follow_together()) == ["bored", "wanting"]


def test_a_backlog_of_one_does_not_hold_up_the_others(ann, followers, monkeypatch):
    seen = []
    monkeypatch.setattr(together, "LIMIT", 2)
    followers(wanting_1=nobody, wanting_2=lambda events: seen.extend(versions(events)))
    agree(ann, 1, 2, 3)
    cursors.follow("wanting_2")
    agree(ann, 4)

    assert together.follow_together() == ["wanting_1"]
    assert seen == [1, 2, 3, 4]


def test_an_event_that_another_worker_is_handling_is_left_to_it(ann, followers):
    seen = []

    def handle(events):
        seen.extend(versions(events))
        if len(seen) == 1:
            in_thread(together.follow_together).join()

    followers(wanting=handle)
    agree(ann, 1)

    together.follow_together()

    assert seen == [1]


def test_a_backlog_is_read_once_for_all_followers_of_the_command(ann, followers, monkeypatch):
    seen = {"wanting_1": [], "wanting_2": []}
    followers(
        wanting_1=lambda events: seen["wanting_1"].append(versions(events)),
        wanting_2=lambda events: seen["wanting_2"].append(versions(events)),
        bored=nobody,
    )
    monkeypatch.setattr(together, "BACKLOG", 2)
    agree(ann, 1, 2, 3)
    readings = []

    def count(execute, sql, *rest):
        readings.extend(re.findall(r"FROM event\s", sql))
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        read = together.catch_up(["bored", "wanting_1", "wanting_2"])

    assert seen == {"wanting_1": [[1, 2], [3]], "wanting_2": [[1, 2], [3]]}
    assert (read, len(readings)) == (3, 3)  # the last reading finds nothing
    assert not any(cursors.is_behind(name) for name in seen)


def test_catching_up_creates_cursors_and_includes_what_followers_record(ann, followers):
    seen = []

    def echo(events):
        seen.extend(versions(events))
        for event in events:
            if event.props["version"] < 3:
                again = event.props["version"] + 1
                recording.record(GUIDELINES_ACCEPTED, actor=ann, subject=ann, key=str(again), version=again)

    followers(wanting=echo)
    Cursor.objects.all().delete()
    agree(ann, 1)

    assert together.catch_up(["wanting"]) == 3
    assert seen == [1, 2, 3]


def test_catching_up_leaves_out_a_follower_that_another_worker_runs(ann, followers):
    seen = []
    followers(wanting_1=nobody, wanting_2=lambda events: seen.extend(versions(events)))
    agree(ann, 1)
    names = ["wanting_1", "wanting_2"]

    with transaction.atomic():
        cursors.lock("wanting_1")
        reads = []
        in_thread(lambda: reads.extend(together.catch_up(names) for _ in range(2))).join()

    assert (reads, seen) == ([1, 0], [1])
    assert cursors.is_behind("wanting_1")


def test_catching_up_raises_what_a_follower_raises(ann, followers):
    def fail(events):
        raise ValueError("no")

    followers(wanting=fail)
    agree(ann, 1)

    for _ in range(cursors.MAX_FAILURES - 1):
        with pytest.raises(ValueError):
            together.catch_up(["wanting"])
    assert together.catch_up(["wanting"]) == 1
    assert DeadLetter.objects.get().error == "ValueError: no"
