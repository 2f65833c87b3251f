"""What is written for a computed history and state: only what differs from the stored one."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from community.events.models import Event
from community.members.models import Member
from journeys.engine.facts import Advocacy, Result, Row, State
from journeys.models import MemberState, StageHistory
from journeys.services.customers import update_customer_since
from journeys.services.known import known_members
from journeys.services.stage_events import record_stage_events
from journeys.services.storage import Changes, write_history, write_states
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)
FIRST = Row(
    seq=1,
    prev="",
    stage="engagement",
    sub_stage="exploring",
    facets=(),
    cycle=1,
    effective_on=DAY,
    exited_on=None,
    rule="E1",
    evidence=(UUID(int=1),),
    evidence_n=1,
    facts={},
    sentence="Replied.",
)
CLOSED = FIRST._replace(exited_on=DAY + timedelta(days=9))
SECOND = FIRST._replace(
    seq=2,
    prev="engagement",
    stage="conversion",
    sub_stage="first_purchase",
    effective_on=DAY + timedelta(days=9),
    rule="C1",
    sentence="Bought.",
)
STATE = State(
    stage="engagement",
    sub_stage="exploring",
    facets=(),
    cycle=1,
    stage_since=DAY,
    first_on=DAY,
    last_active_on=DAY,
    customer_since=None,
    activity="new",
    risks=(),
    shown_stage="engagement",
    next_due=DAY + timedelta(days=30),
    next_due_why="activity",
)


@pytest.fixture
def member() -> Member:
    return MemberFactory()


def write(member: Member, *rows: Row, version: int = 1) -> Changes:
    return write_history({member.pk: Result(rows)}, version=version)


def kinds_of(changes: Changes) -> tuple[int, int, int]:
    return len(changes.added), len(changes.superseded), len(changes.closed)


@pytest.mark.parametrize(
    ("before", "after", "added", "superseded", "closed"),
    [
        ([], [FIRST], 1, 0, 0),
        ([FIRST], [FIRST], 0, 0, 0),
        ([CLOSED, SECOND], [CLOSED, SECOND], 0, 0, 0),
        ([FIRST], [FIRST._replace(sentence="Another wording.")], 0, 0, 0),
        ([FIRST], [CLOSED, SECOND], 1, 0, 1),
        ([CLOSED, SECOND], [FIRST], 1, 2, 0),  # what was closed is open again
        ([CLOSED, SECOND], [CLOSED._replace(exited_on=DAY + timedelta(days=8)), SECOND], 1, 1, 0),
        ([CLOSED, SECOND], [], 0, 2, 0),
        ([FIRST], [FIRST._replace(evidence=(UUID(int=2),))], 1, 1, 0),
        ([FIRST], [FIRST._replace(evidence_n=2)], 1, 1, 0),
        ([FIRST], [FIRST._replace(facts={"cents": 1})], 1, 1, 0),
        ([FIRST], [FIRST._replace(facets=("at_risk",))], 1, 1, 0),
        ([FIRST], [CLOSED._replace(rule="E2")], 1, 1, 0),
    ],
)
def test_history_is_written_where_it_differs(member, before, after, added, superseded, closed):
    write(member, *before)

    changes = write(member, *after)

    assert kinds_of(changes) == (added, superseded, closed)
    assert changes.rows == added + superseded + closed
    current = StageHistory.objects.current().order_by("seq")
    assert [(row.seq, row.rule, row.exited_on, row.evidence_n) for row in current] == [
        (row.seq, row.rule, row.exited_on, row.evidence_n) for row in after
    ]
    assert StageHistory.objects.exclude(superseded_at=None).count() == superseded
    assert changes.corrected == ({member.pk} if superseded else set())


def test_new_rules_with_the_same_result_keep_the_version_of_the_old_ones(member):
    write(member, FIRST, version=1)

    write(member, CLOSED, SECOND, version=2)

    rows = StageHistory.objects.order_by("seq")
    assert list(rows.values_list("seq", "ruleset", "superseded_at")) == [(1, 1, None), (2, 2, None)]


def test_histories_of_several_members_are_kept_apart(member):
    other, left_out = MemberFactory(), MemberFactory()
    for one in (member, other, left_out):
        write(one, FIRST)

    changes = write_history({member.pk: Result((CLOSED, SECOND)), other.pk: Result()}, version=1)

    assert kinds_of(changes) == (1, 1, 1)
    current = StageHistory.objects.current().order_by("member", "seq")
    assert list(current.values_list("member_id", "seq", "exited_on")) == [
        (member.pk, 1, CLOSED.exited_on),
        (member.pk, 2, None),
        (left_out.pk, 1, None),
    ]
    assert all(row.pk for row in changes.added)


def stage_events() -> list[tuple[str, str]]:
    told = Event.objects.filter(name__startswith="stage.").order_by("name", "occurred_at")
    return [(event.name, event.props["stage"]) for event in told]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([], [FIRST], [("stage.entered", "engagement")]),
        ([FIRST], [CLOSED, SECOND], [("stage.entered", "conversion")]),
        ([FIRST], [FIRST._replace(effective_on=DAY - timedelta(days=3))], []),  # only its date is corrected
        ([FIRST], [FIRST._replace(cycle=2)], [("stage.entered", "engagement"), ("stage.superseded", "engagement")]),
        ([CLOSED, SECOND], [FIRST], [("stage.superseded", "conversion")]),
        ([CLOSED, SECOND], [], [("stage.superseded", "conversion"), ("stage.superseded", "engagement")]),
        # A change of the sub-stage alone is no event.
        ([FIRST], [CLOSED, SECOND._replace(stage="engagement", sub_stage="evaluating")], []),
        ([CLOSED, SECOND._replace(stage="engagement", sub_stage="evaluating")], [FIRST], []),
    ],
)  # fmt: skip
def test_stage_events_are_about_changes_that_nobody_was_told_of(member, before, after, told):
    write(member, *before)

    changes = write(member, *after)

    assert record_stage_events(changes) == len(told)
    assert sorted(stage_events()) == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [((), (FIRST,), "stage.entered"), ((FIRST,), (), "stage.superseded")],
)
def test_no_stage_events_are_recorded_for_those_who_are_skipped(member, before, after, told):
    other = MemberFactory()
    for one in (member, other):
        write(one, *before)
    changes = write_history({member.pk: Result(after), other.pk: Result(after)}, version=1)

    record_stage_events(changes, skip=[member.pk])

    assert list(Event.objects.values_list("name", "member_id")) == [(told, other.pk)]


def states(member: Member, state: State | None, advocacy: Advocacy | None = None) -> int:
    found = {member.pk: advocacy} if advocacy else {}
    stored = {pk: one.state for pk, one in known_members([member.pk])[0].items()}
    return write_states({member.pk: Result(state=state)}, found, stored, version=1, as_of=DAY)


def test_state_is_written_where_it_differs(member):
    assert states(member, STATE) == 1
    assert states(member, STATE) == 0
    assert states(member, STATE._replace(activity="cooling")) == 1
    assert MemberState.objects.get().activity == "cooling"
    assert states(member, None) == 1
    assert states(member, None) == 0
    assert not MemberState.objects.exists()


@pytest.mark.parametrize(
    ("stage_days", "score_days", "due", "why"),
    [
        (30, 10, 10, "advocacy score"),
        (30, 40, 30, "activity"),
        (None, 40, 40, "advocacy score"),
        (30, None, 30, "activity"),
        (None, None, None, ""),
    ],
)
def test_state_is_due_when_the_stage_or_the_score_is(member, stage_days, score_days, due, why):
    def day(days: int | None) -> date | None:
        return None if days is None else DAY + timedelta(days=days)

    states(
        member,
        STATE._replace(next_due=day(stage_days), next_due_why="activity" if stage_days else ""),
        Advocacy((), day(score_days), "advocacy score"),
    )

    state = MemberState.objects.get()
    assert (state.next_due, state.next_due_why) == (day(due), why)


@pytest.mark.parametrize(
    ("stored", "computed", "changed"),
    [(None, DAY, 1), (DAY, DAY, 0), (DAY, DAY + timedelta(days=1), 1), (DAY, None, 1), (None, None, 0)],
)
def test_customer_since_follows_the_journey(member, stored, computed, changed):
    Member.objects.update(customer_since=stored)
    result = Result(state=STATE._replace(customer_since=computed))

    assert update_customer_since({member.pk: result}, {member.pk: stored}) == changed

    member.refresh_from_db()
    assert member.customer_since == computed


def test_customer_since_is_cleared_without_a_state(member):
    Member.objects.update(customer_since=DAY)

    assert update_customer_since({member.pk: Result()}, {member.pk: DAY}) == 1

    member.refresh_from_db()
    assert member.customer_since is None
