from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from advocacy.models import Band, Score, ScoreHistory
from advocacy.services import peers, storage
from advocacy.source import ScoreSource
from community.events.catalogue import SCORE_BAND_CHANGED
from community.events.models import Event
from community.members.models import Member
from community.members.services.companies import match_company
from journeys.hooks import advocacy_source
from journeys.models import MemberState, StageHistory
from journeys.services.replay import check_everyone
from tests.factories.members import CompanyFactory, MemberFactory

from .acts import TODAY, did
from .event_helpers import drained, happened, make_advocate, score_of, taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def today():
    with time_machine.travel(
        datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=12), tick=False
    ):
        yield


def bands():
    return [
        (event.props["previous"], event.props["band"], event.backfill)
        for event in Event.objects.filter(name=SCORE_BAND_CHANGED).order_by("occurred_at")
    ]


def test_advocacy_source_is_registered():
    assert isinstance(advocacy_source(), ScoreSource)


def test_drain_stores_score_band_and_explanation():
    member = MemberFactory()
    happened(member, "reply.created", 10)

    drained()

    score = score_of(member)
    assert (score.score, score.band, score.as_of) == (Decimal("9.25"), Band.NONE, TODAY)
    assert score.points["helpfulness"] == "9.25"
    assert score.next_due > TODAY
    assert [entry["kind"] for entry in score.explanation["top"]] == ["reply.created"] * 5


def test_explanation_names_the_events_that_made_the_score():
    member = MemberFactory()
    happened(member, "review.verified")

    drained()

    event = Event.objects.get(name="review.verified")
    assert score_of(member).explanation["top"][0]["events"] == [str(event.pk)]


def test_draining_again_on_the_same_day_writes_nothing():
    make_advocate(MemberFactory())
    drained()
    before = list(Score.objects.values()), ScoreHistory.objects.count(), Event.objects.count()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        drained()

    assert (list(Score.objects.values()), ScoreHistory.objects.count(), Event.objects.count()) == before
    statements = [query["sql"] or "" for query in queries]
    assert [sql for sql in statements if "advocacy" in sql and not sql.startswith("SELECT")] == []


def test_member_without_counted_acts_has_no_row():
    happened(MemberFactory(), "visit.day")

    drained()

    assert Score.objects.count() == 0


STAFF = pytest.mark.parametrize("staff", [{"role": "product"}, {"is_superuser": True}], ids=str)


@STAFF
def test_staff_never_have_a_score(staff):
    member = MemberFactory(**staff)
    make_advocate(member)

    drained()

    assert not Score.objects.filter(member=member).exists()


@STAFF
def test_joining_the_team_removes_the_score_without_an_event(staff):
    member = MemberFactory()
    make_advocate(member)
    drained()
    Member.objects.update(**staff)

    drained()

    assert not Score.objects.filter(member=member).exists()
    assert bands() == [("none", "advocate", False)]


@STAFF
def test_scores_of_staff_are_not_listed(staff):
    make_advocate(MemberFactory())
    drained()

    Member.objects.update(**staff)

    assert not Score.objects.of_members().exists()


def test_retraction_lowers_the_score():
    member = MemberFactory()
    happened(member, "reply.created", 10)
    happened(member, "review.verified")
    drained()
    taken_back(member, "review.verified")

    drained()

    assert score_of(member).score == Decimal("9.25")
    assert bands() == [("none", "emerging", False), ("emerging", "none", False)]


def test_score_without_acts_is_deleted():
    member = MemberFactory()
    happened(member, "review.verified", ago=10)
    happened(member, "reference.completed", ago=10)
    drained()
    taken_back(member, "review.verified")
    taken_back(member, "reference.completed")

    drained()

    assert not Score.objects.filter(member=member).exists()
    assert bands()[-1][:2] == ("emerging", "none")


# Who counts


@STAFF
def test_votes_by_staff_do_not_count(staff):
    member, voter, peer = MemberFactory(), MemberFactory(**staff), MemberFactory()
    happened(member, "helpful_vote.received", by=voter)
    happened(member, "helpful_vote.received", by=peer)

    drained()

    assert score_of(member).explanation["capped"] == [
        {"kind": "helpful_vote.received", "why": "staff", "n": 1}
    ]


def test_referral_of_a_colleague_does_not_count():
    company = CompanyFactory()
    member, colleague = MemberFactory(company=company), MemberFactory(company=company)
    happened(member, "referral.purchased", by=colleague)
    happened(member, "reply.created")

    drained()

    assert score_of(member).points["referral"] == "0.00"


def test_referral_of_someone_who_became_a_colleague_later_counts():
    company = CompanyFactory(verified_domains=["acme.example"])
    member, friend = MemberFactory(company=company), MemberFactory()
    happened(member, "referral.purchased", ago=2, by=friend)
    drained()
    before = score_of(member).score

    match_company(friend, email="friend@acme.example")
    happened(member, "referral.registered", by=friend)
    drained()

    assert score_of(member).score == before
    assert score_of(member).explanation["capped"] == [
        {"kind": "referral.registered", "why": "account", "n": 1}
    ]


def test_company_joined_late_in_the_evening_counts_on_that_utc_day():
    company = CompanyFactory(verified_domains=["acme.example"])
    member, friend = MemberFactory(company=company), MemberFactory()
    with time_machine.travel(datetime.combine(TODAY, time(23, 30), UTC), tick=False):
        match_company(friend, email="friend@acme.example")
    happened(member, "referral.registered", by=friend)
    happened(member, "reply.created")

    drained()

    assert score_of(member).explanation["capped"] == [
        {"kind": "referral.registered", "why": "account", "n": 1}
    ]


def test_companies_of_referred_friends_are_looked_up_in_two_queries(django_assert_num_queries):
    facts = {
        pk: [did("referral.purchased", to={friend.pk: 1})]
        for pk, friend in enumerate(MemberFactory.create_batch(3))
    }

    with django_assert_num_queries(2):
        peers.load_peers(facts)


def test_partners_are_looked_up_in_one_query(django_assert_num_queries):
    members = MemberFactory.create_batch(3)
    facts = {member.pk: [] for member in members}
    with django_assert_num_queries(0):
        peers.load_peers(facts)
    for member in members:
        happened(member, "helpful_vote.received", by=members[0])
    drained()
    from journeys.services.rollup import facts_of

    facts = facts_of(list(facts))
    with django_assert_num_queries(1):
        peers.load_peers(facts)


def test_affected_by_includes_members_voted_for_and_referrers():
    voter, author, referrer, other = MemberFactory.create_batch(4)
    happened(author, "helpful_vote.received", by=voter)
    happened(referrer, "referral.registered", by=voter)
    happened(other, "answer.accepted", by=voter)
    drained()

    assert peers.affected_by([voter.pk]) == {voter.pk, author.pk, referrer.pk}


# History and events


def test_history_is_written_when_the_band_or_a_point_changes():
    member = MemberFactory()
    happened(member, "reply.created", 10)
    drained()
    drained(TODAY + timedelta(days=3))  # 9.07: neither
    drained(TODAY + timedelta(days=40))

    kept = ScoreHistory.objects.filter(member=member).order_by("on_date")

    assert [(row.on_date, row.score) for row in kept] == [
        (TODAY, Decimal("9.25")),
        (TODAY + timedelta(days=40), score_of(member).score),
    ]
    assert kept[0].components["helpfulness"] == "9.25"


def test_first_score_includes_the_history_of_old_acts():
    member = MemberFactory()
    happened(member, "review.verified", ago=1900)
    happened(member, "reference.completed", ago=1900)

    drained()

    score = score_of(member)
    assert (score.score, score.band, score.next_due) == (0, "none", None)
    assert (score.best, score.best_on) == (Decimal("14.05"), TODAY - timedelta(days=1900))
    kept = ScoreHistory.objects.filter(member=member).order_by("on_date")
    assert [row.band for row in kept] == ["emerging", "none", "none"]
    assert kept[0].components["proof"] == "14.05"
    assert bands() == []


def test_best_is_kept_when_the_score_decays():
    member = MemberFactory()
    happened(member, "reply.created", 10)
    drained()
    drained(TODAY + timedelta(days=300))

    score = score_of(member)
    assert (score.best, score.best_on, score.has_faded) == (Decimal("9.25"), TODAY, True)

    happened(member, "review.verified")
    drained()

    score = score_of(member)
    assert (score.best, score.has_faded) == (score.score, False)


@pytest.mark.parametrize(
    ("score", "best", "days"), [("4.99", "5.00", 0), ("5.00", "5.00", 0), ("5.01", "5.01", 9)]
)
def test_best_day_is_the_first_with_that_score(score, best, days):
    row = Score(pk=1, score=Decimal(4), best=Decimal("5.00"), best_on=TODAY)

    new = storage._updated_score(row, {"score": Decimal(score)}, TODAY + timedelta(days=9))

    assert (new.score, new.best) == (Decimal(score), Decimal(best))
    assert new.best_on == TODAY + timedelta(days=days)


def test_first_score_of_today_is_in_the_history_once():
    member = MemberFactory()
    make_advocate(member)

    drained()

    kept = ScoreHistory.objects.get(member=member)
    assert (kept.on_date, kept.score, kept.band) == (TODAY, score_of(member).score, Band.ADVOCATE)


@pytest.mark.parametrize(
    ("before", "score", "band", "is_kept"),
    [
        (None, "0.99", Band.NONE, False),
        (None, "1.00", Band.NONE, True),
        (("5.00", Band.NONE), "5.99", Band.NONE, False),
        (("5.00", Band.NONE), "6.00", Band.NONE, True),
        (("5.00", Band.NONE), "4.00", Band.NONE, True),
        (("5.00", Band.NONE), "4.01", Band.NONE, False),
        (("9.99", Band.NONE), "10.00", Band.EMERGING, True),
    ],
)
def test_history_has_changes_of_a_whole_point_or_of_the_band(before, score, band, is_kept):
    last = ScoreHistory(score=Decimal(before[0]), band=before[1]) if before else None

    assert storage._is_significant(Score(score=Decimal(score), band=band), last) is is_kept


def test_first_score_below_one_has_no_history():
    happened(MemberFactory(), "topic.created")

    drained()

    assert ScoreHistory.objects.count() == 0


def test_band_change_is_recorded_once():
    member = MemberFactory()
    make_advocate(member)
    drained()
    drained()

    event = Event.objects.get(name=SCORE_BAND_CHANGED)
    assert event.member == member
    assert event.props == {"previous": "none", "band": "advocate", "score": str(score_of(member).score)}
    assert event.occurred_at == datetime.combine(TODAY, datetime.min.time(), UTC)


def test_old_band_change_is_recorded_as_backfill():
    make_advocate(MemberFactory(), ago=30)

    drained()

    assert bands() == [("none", "advocate", True)]


def test_band_change_by_decay_is_recorded_on_its_day():
    member = MemberFactory()
    make_advocate(member)
    drained()
    on = score_of(member).explanation["next"]["on"]

    with time_machine.travel(f"{on}T12:00:00Z", tick=False):
        drained(datetime.fromisoformat(on).date())

    assert bands() == [("none", "advocate", False), ("advocate", "promising", False)]


# The stage engine


def test_customer_becomes_an_advocate_with_the_best_acts_as_evidence():
    member = MemberFactory()
    happened(member, "purchase.completed", ago=100, cents=9900, external_id="1")
    make_advocate(member)

    drained()

    row = StageHistory.objects.current().get(member=member, exited_on=None)
    assert (row.sub_stage, row.effective_on) == ("advocacy", TODAY)
    assert set(row.evidence) >= set(
        Event.objects.filter(name__in=["reference.completed", "referral.qualified"]).values_list(
            "pk", flat=True
        )
    )


def test_score_makes_the_member_due():
    member = MemberFactory()
    make_advocate(member)
    drained()

    state, score = MemberState.objects.get(member=member), score_of(member)

    assert state.next_due <= score.next_due


def test_check_finds_no_difference_after_a_drain():
    for member in MemberFactory.create_batch(3):
        make_advocate(member, ago=member.pk % 5)
    drained()

    assert check_everyone().differences == []


def test_check_finds_no_difference_days_after_the_drain():
    member = MemberFactory()
    make_advocate(member)
    drained()
    eve = MemberState.objects.get(member=member).next_due - timedelta(days=1)

    with time_machine.travel(f"{eve}T12:00:00Z", tick=False):
        assert check_everyone().differences == []


def test_check_reports_a_tampered_score():
    member = MemberFactory()
    make_advocate(member)
    drained()
    Score.objects.filter(member=member).update(score=99)

    (told,) = check_everyone().differences

    assert told.startswith(f"Member {member.pk}: the advocacy score is 99.00, should be ")
    assert told.endswith("(score differ).")


def test_check_reports_missing_and_surplus_scores():
    member, other = MemberFactory(), MemberFactory()
    happened(member, "review.verified")
    happened(other, "visit.day")
    drained()
    Score.objects.filter(member=member).delete()
    Score.objects.create(
        member=other, score=5, band="none", explanation={}, as_of=TODAY, best=5, best_on=TODAY
    )

    told = check_everyone().differences

    assert len(told) == 2
    assert "is absent, should be" in told[0]
    assert "should be absent" in told[1]
