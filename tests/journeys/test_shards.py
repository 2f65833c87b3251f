"""The drain: what it writes, and what it leaves unchanged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from community.events.models import Event
from community.events.services import recording
from journeys.models import Dirty, MemberDay, MemberState, StageHistory
from journeys.services import dirty, rollup, shards
from journeys.services.replay import check_everyone
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drain_all, drained, happened, positions, replied

pytestmark = pytest.mark.django_db


def log_position(event: Event) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT epoch, xid::text::bigint, seq FROM event WHERE event_id = %s", [event.event_id]
        )
        return list(cursor.fetchone())


def test_drain_writes_rollup_history_and_state():
    member, voter = MemberFactory(), MemberFactory()
    reply = replied(member, 3)
    votes = [happened(member, "helpful_vote.received", 3, counterpart=voter, topic_id=1) for _ in range(2)]

    drained()

    vote_day = MemberDay.objects.get(member_id=member.pk, kind="helpful_vote.received")
    assert (vote_day.n, vote_day.pairs, vote_day.items) == (2, {str(voter.pk): 2}, None)
    assert len(bytes(vote_day.ids)) == 16 * len(votes)
    row = StageHistory.objects.get(member=member)
    assert (row.stage, row.sub_stage, row.rule) == ("engagement", "exploring", "E1")
    assert (row.evidence, row.evidence_n, row.ruleset) == ([reply.event_id], 1, 1)
    assert row.sentence == "Contributed for the first time: replied."
    state = MemberState.objects.get(member=member)
    assert (state.stage, state.activity, state.at_risk) == ("engagement", "new", False)
    assert state.next_due == shards.today() + timedelta(days=5)


def test_drain_twice_writes_nothing():
    member = MemberFactory()
    replied(member, 300)
    bought(member, 200)
    drained()

    assert drained() == 0


def test_drain_keeps_details_of_commercial_facts():
    member = MemberFactory()
    sold = bought(member, 10, products=["mill"])

    drained()

    day = MemberDay.objects.get(member_id=member.pk)
    assert day.items == [
        {
            "id": str(sold.event_id),
            "cents": 4900,
            "currency": "EUR",
            "props": {"external_id": "order-1", "products": ["mill"]},
            "at": 12 * 3_600_000_000,
            "log": log_position(sold),
        }
    ]


def test_rollup_counts_counterparts_by_role():
    """Helping a member and being helped by the same member are two things."""
    member, other = MemberFactory(), MemberFactory()
    for role in ("replier", "asker", "replier"):
        happened(member, "prospect.peer_replied", 3, counterpart=other, role=role)
    bought(member, 3, counterpart=other)

    drained()

    days = MemberDay.objects.filter(member_id=member.pk)
    assert days.get(kind="prospect.peer_replied").pairs == {f"{other.pk}:replier": 2, f"{other.pk}:asker": 1}
    assert days.get(kind="purchase.completed").pairs == {str(other.pk): 1}
    assert check_everyone().differences == []


def test_drain_takes_whole_members_up_to_the_limit():
    first = MemberFactory()
    second = MemberFactory(pk=first.pk + dirty.SHARDS)
    for day in (1, 2, 3):
        replied(first, day)
        replied(second, day)
    dirty.mark_events(Event.objects.all())

    assert shards.drain(dirty.shard_of(first.pk), limit=2).keys == 3
    assert set(Dirty.objects.values_list("member_id", flat=True)) == {second.pk}

    assert shards.drain(dirty.shard_of(first.pk), limit=2).keys == 3
    assert not Dirty.objects.exists()


def test_drain_ignores_future_days():
    member = MemberFactory()
    dirty.mark_members([member.pk])
    Dirty.objects.update(day=shards.today() + timedelta(days=1))

    assert shards.waiting_shards() == []
    assert shards.drain(dirty.shard_of(member.pk)).keys == 0


def test_drain_of_a_member_leaves_their_future_days():
    member = MemberFactory()
    replied(member, 3)
    dirty.mark_events(Event.objects.filter(member=member))
    tomorrow = shards.today() + timedelta(days=1)
    Dirty.objects.create(shard=dirty.shard_of(member.pk), member_id=member.pk, day=tomorrow)

    assert shards.drain(dirty.shard_of(member.pk)).keys == 1
    assert Dirty.objects.get().day == tomorrow


def test_rollup_names_the_event_that_replaces_a_retracted_one():
    member = MemberFactory()
    first = replied(member, 3)
    drained()

    second = replied(member, 3)
    recording.retract([first], reason="A test.")
    drained()

    day = MemberDay.objects.get(member_id=member.pk, kind="reply.created")
    assert (day.n, bytes(day.ids)) == (1, second.event_id.bytes)
    assert member.stage_history.current().get().evidence == [second.event_id]


def test_drain_leaves_the_days_between_dirty_ones():
    """The days of a month are read together."""
    member = MemberFactory()
    first = shards.today().replace(day=1) - timedelta(days=20)  # three days of the same month
    ago = (shards.today() - first).days
    for days_ago in (ago, ago - 1, ago - 2):
        replied(member, days_ago)
    drained()
    replied(member, ago - 1)  # not marked
    dirty.mark_events([replied(member, ago), replied(member, ago - 2)])

    done = shards.drain(dirty.shard_of(member.pk))

    assert (done.keys, done.rollup) == (2, 2)
    days = MemberDay.objects.filter(member_id=member.pk, kind="reply.created").order_by("day")
    assert list(days.values_list("day", "n")) == [
        (first, 2),
        (first + timedelta(days=1), 1),
        (first + timedelta(days=2), 2),
    ]


def test_rollup_keeps_the_first_events_of_a_day_by_the_clock():
    """Whatever the order in which they were recorded; they are the evidence."""
    member = MemberFactory()
    hours = (15, 9, 12)
    recorded = {hour: replied(member, 3, hour=hour) for hour in hours}

    drained()

    day = MemberDay.objects.get(member_id=member.pk, kind="reply.created")
    assert bytes(day.ids) == b"".join(recorded[hour].event_id.bytes for hour in sorted(hours))


def test_rollup_counts_all_events_but_keeps_the_ids_of_the_first_ten():
    member = MemberFactory()
    events = [replied(member, 3, hour=hour) for hour in range(12)]

    drained()

    day = MemberDay.objects.get(member_id=member.pk, kind="reply.created")
    assert day.n == 12
    assert bytes(day.ids) == b"".join(event.event_id.bytes for event in events[:10])


def test_rollup_of_a_member_leaves_those_of_others():
    """Two members with dirty days in the same month, and different ones."""
    one, other = MemberFactory(), MemberFactory()
    first = shards.today().replace(day=1) - timedelta(days=20)
    ago = (shards.today() - first).days
    for member in (one, other):
        for days_ago in (ago, ago - 1):
            replied(member, days_ago)
    drained()
    MemberDay.objects.filter(member_id=other.pk, day=first).update(n=7)

    dirty.mark_events([replied(one, ago), replied(other, ago - 1)])
    drain_all()

    def days_of(member):
        return list(MemberDay.objects.filter(member_id=member.pk).order_by("day").values_list("n", flat=True))

    assert (days_of(one), days_of(other)) == ([2, 1], [7, 2])


@pytest.mark.parametrize("staff", [{"role": "sales"}, {"is_superuser": True}], ids=str)
def test_staff_never_have_a_stage(staff):
    member = MemberFactory(**staff)
    replied(member, 3)

    drained()

    assert not StageHistory.objects.exists()
    assert not MemberState.objects.exists()


def test_becoming_staff_supersedes_the_stage():
    member = MemberFactory()
    bought(member, 3)
    drained()
    told = Event.objects.filter(name__startswith="stage.").count()
    member.role = "support"
    member.save(update_fields=["role"])

    dirty.mark_members([member.pk])
    drain_all()

    assert Event.objects.filter(name__startswith="stage.").count() == told
    assert not MemberState.objects.exists()
    assert StageHistory.objects.current().count() == 0
    member.refresh_from_db()
    assert member.customer_since is None


def test_late_event_supersedes_rows_without_deleting_them():
    member = MemberFactory()
    replied(member, 10)
    drained()
    before = StageHistory.objects.get()

    replied(member, 20)
    drained()

    before.refresh_from_db()
    now = StageHistory.objects.current().get()
    assert now.effective_on == shards.today() - timedelta(days=20)
    assert before.recorded_at < before.superseded_at <= now.recorded_at


def test_entering_a_stage_closes_the_open_row_once():
    member = MemberFactory()
    replied(member, 10)
    drained()

    bought(member, 2)
    drained()

    first, second = StageHistory.objects.order_by("seq")
    assert (first.exited_on, first.superseded_at) == (second.effective_on, None)
    assert positions(member) == ["engagement.exploring", "conversion.first_purchase"]


def test_a_closed_row_whose_end_moves_is_superseded():
    member = MemberFactory()
    replied(member, 10)
    bought(member, 2)
    drained()
    first = StageHistory.objects.get(seq=1)

    bought(member, 5, "order-0")
    drained()

    first.refresh_from_db()
    assert first.exited_on == shards.today() - timedelta(days=2)
    assert first.superseded_at is not None
    assert StageHistory.objects.current().get(seq=1).exited_on == shards.today() - timedelta(days=5)


def test_retraction_is_as_if_it_never_happened():
    member = MemberFactory()
    reply, sold = replied(member, 10), bought(member, 5)
    drained()

    recording.retract([sold], reason="A test order.")
    drained()

    assert positions(member) == ["engagement.exploring"]
    assert not MemberDay.objects.filter(kind="purchase.completed").exists()
    row = StageHistory.objects.current().get()
    assert (row.exited_on, row.evidence) == (None, [reply.event_id])
    superseded = StageHistory.objects.filter(superseded_at__isnull=False, seq=1).get()
    assert superseded.exited_on == sold.occurred_at.date()
    member.refresh_from_db()
    assert member.customer_since is None


def test_reinstated_event_counts():
    member = MemberFactory()
    sold = bought(member, 5)
    recording.retract([sold], reason="A mistake.")
    drained()
    recording.reinstate([Event.objects.get(event_id=sold.event_id)], reason="It was not.")

    drained()

    assert positions(member) == ["conversion.first_purchase"]


def test_retracting_everything_leaves_no_state():
    member = MemberFactory()
    reply = replied(member, 5)
    drained()

    recording.retract([reply], reason="Spam.")
    drained()

    assert not MemberState.objects.exists()
    assert StageHistory.objects.current().count() == 0


def test_conversion_sets_customer_since_and_churn_clears_it():
    member = MemberFactory()
    sold = bought(member, 50)
    drained()

    member.refresh_from_db()
    assert member.customer_since == sold.occurred_at.date()

    happened(member, "purchase.refunded", 5, cents=4900, external_id="order-1", full=True)
    drained()
    member.refresh_from_db()
    assert member.customer_since is None


def test_entering_a_stage_is_recorded_as_an_event():
    member = MemberFactory()
    replied(member, 1)

    drained()

    row = StageHistory.objects.get()
    event = Event.objects.get(name="stage.entered")
    assert (event.member_id, event.object_id, event.backfill) == (member.pk, row.pk, False)
    assert event.props == {
        "stage": "engagement",
        "sub_stage": "exploring",
        "rule": "E1",
        "ruleset": 1,
        "history_id": row.pk,
        "effective_on": row.effective_on.isoformat(),
    }


def test_an_old_stage_change_is_recorded_as_backfill():
    replied(MemberFactory(), 40)

    drained()

    assert Event.objects.get(name="stage.entered").backfill


def test_correcting_a_stage_change_records_no_event():
    member = MemberFactory()
    replied(member, 1)
    drained()

    replied(member, 2)
    drained()

    assert StageHistory.objects.count() == 2
    assert Event.objects.filter(name__startswith="stage.").count() == 1


def test_superseding_a_stage_change_is_recorded():
    member = MemberFactory()
    sold = bought(member, 1)
    replied(member, 2)
    drained()
    recording.retract([sold], reason="A test order.")

    drained()

    assert [e.props["stage"] for e in Event.objects.filter(name="stage.superseded")] == ["conversion"]


def test_events_of_the_engine_itself_mark_nothing():
    member = MemberFactory()
    replied(member, 1)
    drained()

    marked = dirty.mark_events(Event.objects.filter(name__startswith="stage."))

    assert marked == 0


def test_history_without_evidence_is_refused_by_the_database():
    member = MemberFactory()
    replied(member, 1)
    drained()

    with pytest.raises(IntegrityError, match="stage_history_has_evidence"), transaction.atomic():
        StageHistory.objects.update(evidence=[])


def test_empty_history_row_is_refused_by_the_database():
    replied(MemberFactory(), 1)
    drained()
    row = StageHistory.objects.get()

    with pytest.raises(IntegrityError, match="stage_history_not_empty"), transaction.atomic():
        StageHistory.objects.update(exited_on=row.effective_on)


def test_second_current_row_of_a_step_is_refused_by_the_database():
    replied(MemberFactory(), 1)
    drained()
    row = StageHistory.objects.get()
    row.pk = None

    with pytest.raises(IntegrityError, match="stage_history_once"), transaction.atomic():
        row.save()


def test_due_members_are_marked_once():
    member = MemberFactory()
    replied(member, 40)
    drained()
    MemberState.objects.update(next_due=shards.today())

    assert dirty.mark_due(shards.today()) == 1
    assert dirty.mark_due(shards.today()) == 0
    drain_all()
    assert MemberState.objects.get().next_due > shards.today()


def test_lapse_is_dated_by_its_deadline_whenever_it_is_drained():
    member = MemberFactory()
    replied(member, 200)
    dirty.mark_events(Event.objects.all())
    shard = dirty.shard_of(member.pk)
    shards.drain(shard, as_of=shards.today() - timedelta(days=100))
    assert positions(member) == ["engagement.exploring"]

    dirty.mark_due(shards.today())
    shards.drain(shard)

    assert positions(member) == ["engagement.exploring", "discovery.dormant"]
    lapsed = StageHistory.objects.get(seq=2)
    assert lapsed.effective_on == shards.today() - timedelta(days=20)
    assert Event.objects.get(name="stage.entered", props__stage="discovery").backfill


def test_drain_takes_the_same_queries_for_one_and_many_members(django_assert_max_num_queries):
    for nth in range(30):
        member = MemberFactory(id=dirty.SHARDS * (nth + 1000))
        replied(member, 3)
        bought(member, 2)
    dirty.mark_events(Event.objects.all())

    with django_assert_max_num_queries(31):
        assert shards.drain(0).keys == 60


def test_a_drain_of_many_days_does_the_same_without_kept_plans(monkeypatch):
    for module in (rollup, shards):
        monkeypatch.setattr(module, "FEW", 0)
    for member in MemberFactory.create_batch(2):
        bought(member, 5)
        replied(member, 3)
    drained()

    assert MemberDay.objects.count() == 4
    assert check_everyone().differences == []
