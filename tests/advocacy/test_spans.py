from datetime import date, timedelta
from itertools import combinations

import pytest

from advocacy.engine import spans as walks
from advocacy.engine.caps import NO_PEERS
from advocacy.engine.score_bound import ScoreBound, bounds_of, most_without_decay
from advocacy.engine.search import OVER, band_of
from advocacy.engine.spans import Course, Walk, advocate_spans, past_of
from advocacy.engine.tally import Points, Tally, scored_days, tally_of
from advocacy.engine.weights import COMPONENTS
from journeys.engine.facts import Span

from .acts import ME, TODAY, answered_nps, did, in_order, peer_replies, score, scored

YEAR_AHEAD = TODAY + timedelta(days=365)


def spans(*facts, on=TODAY):
    return advocate_spans(Course(in_order(facts), on, ME, NO_PEERS))


def proven(ago=0):
    """Enough to become an advocate: 12.5 for referrals, 14.1 for proof, 17.1 for helpfulness."""
    return [
        did("referral.qualified", 2, ago=ago),
        did("review.verified", ago=ago),
        did("reference.completed", ago=ago),
        did("answer.accepted", 5, ago=ago),
    ]


def celebrated(ago):
    """Enough to be above forty half a year later: 52 points for referrals, proof and stories."""
    kinds = ["reference.completed", "case_study.published", "review.verified", "testimonial.approved"]
    stories = [did("story.shared", ago=ago + more) for more in range(5)]
    referred = [did("referral.purchased", 2, ago=ago + more) for more in range(3)]
    return [*referred, *[did(kind, ago=ago) for kind in kinds], *stories]


def test_span_starts_on_the_day_the_threshold_is_reached():
    facts = proven(ago=10)

    (span,) = spans(*facts)

    assert (span.start, span.end) == (TODAY - timedelta(days=10), None)


def test_span_has_the_top_events_as_evidence():
    facts = proven()

    (span,) = spans(*facts)

    ids = {fact.ids[:16] for fact in facts}
    assert {one.bytes for one in span.evidence} >= ids
    assert len(span.evidence) <= 10


def test_span_ends_on_the_first_day_below_thirty():
    facts = proven()

    (span,) = spans(*facts, on=YEAR_AHEAD)

    assert span.end is not None
    assert score(*facts, on=span.end) < 30 <= score(*facts, on=span.end - timedelta(days=1))


def test_advocate_with_exactly_thirty_points_stays():
    facts = [*proven(), did("topic.created"), did("reply.created")]
    day, next_day = TODAY + timedelta(days=130), TODAY + timedelta(days=131)

    assert (score(*facts, on=day), spans(*facts, on=day)[0].end) == (30, None)
    assert spans(*facts, on=next_day)[0].end == next_day


def test_between_thirty_and_forty_advocates_stay_and_none_are_added():
    facts = proven()
    later = spans(*facts, on=YEAR_AHEAD)[0].end - timedelta(days=1)

    assert 30 <= score(*facts, on=later) < 40
    assert spans(*facts, on=later)[0].end is None
    alone = [
        did("review.verified"),
        did("reference.completed"),
        did("referral.purchased"),
        did("reply.created", 3),
    ]
    assert 30 <= score(*alone) < 40
    assert spans(*alone) == ()


def test_points_in_a_single_component_make_no_advocate():
    assert spans(*[did("answer.accepted", 5, ago=ago) for ago in range(90)]) == ()


def test_an_advocate_has_five_points_in_two_components():
    """Forty points with all but 4.99 of them from a single component are not enough; with 5.00 they are."""
    few, enough = {"referral": 4_990_000_000}, {"referral": 5_000_000_000}

    assert not Points(4000, {"helpfulness": 35_010_000_000, **few}).enters
    assert Points(4000, {"helpfulness": 35_000_000_000, **enough}).enters
    assert not Points(3999, {"helpfulness": 34_990_000_000, **enough}).enters


def test_two_components_may_be_any():
    for one, other in combinations(COMPONENTS, 2):
        assert Points(4000, {one: 5_000_000_000, other: 5_000_000_000}).enters


def test_forty_points_with_five_in_a_single_component_make_no_advocate():
    """25 for referrals, and 4.99 at most in each of the others."""
    referred = [did("referral.purchased", 2, ago=ago) for ago in range(5)]
    little = [
        did("reply.created", 4),
        did("testimonial.approved", ago=10),
        did("beta.participated"),
        did("idea.submitted"),
        answered_nps(9, ago=10),
        *[did("topic.created", 3, ago=ago) for ago in range(3)],
    ]
    components = scored(*referred, *little).explanation["components"]

    assert score(*referred, *little) >= 40
    assert [key for key, part in components.items() if float(part["points"]) >= 5] == ["referral"]
    assert spans(*referred, *little) == ()
    assert spans(*referred, *little, did("reply.created", ago=1)) != ()


# Changes between events


def test_span_begins_and_ends_between_two_events():
    """Strikes keep a champion below forty for 180 days; the rest fades before the next event."""
    facts = [*celebrated(ago=1000), did("strike.upheld", 3, ago=1000), did("topic.created")]

    (span,) = spans(*facts)

    assert span.start == TODAY - timedelta(days=1000 - 180)
    assert span.end is not None
    assert span.end < TODAY
    assert score(*facts, on=span.end) < 30 <= score(*facts, on=span.end - timedelta(days=1))


def test_span_ends_and_another_begins_and_ends_between_two_events():
    facts = [*celebrated(ago=1000), did("strike.upheld", 4, ago=990), did("topic.created")]

    first, second = spans(*facts)

    assert (first.start, first.end) == (TODAY - timedelta(days=1000), TODAY - timedelta(days=990))
    assert second.start == TODAY - timedelta(days=990 - 180)
    assert second.end is not None
    assert second.end < TODAY


@pytest.mark.parametrize(
    "facts",
    [
        celebrated(ago=1000),
        [*celebrated(ago=1000), did("strike.upheld", 4, ago=990)],
        [*celebrated(ago=1000), did("strike.upheld", 3, ago=1000)],
        [*celebrated(ago=1000)[:5], *celebrated(ago=1000)[7:], answered_nps(3, ago=1000)],
    ],
    ids=["falls", "falls, rises and falls", "rises and falls", "detractor"],
)
def test_acts_that_do_not_count_change_no_span(facts):
    """On every day, the member was helped by another."""
    idle = [peer_replies("asker", ago=ago) for ago in range(1000)]

    assert spans(*facts) != ()
    assert [(span.start, span.end) for span in spans(*facts, *idle)] == [
        (span.start, span.end) for span in spans(*facts)
    ]
    assert [(day, points.hundredths) for day, points in past(*facts, *idle).changes] == [
        (day, points.hundredths) for day, points in past(*facts).changes
    ]


def test_bound_sees_a_score_at_the_very_limit():
    tally = tally_of(in_order(proven()), TODAY, member_id=ME, peers=NO_PEERS)
    day = TODAY.toordinal()
    now = tally.points(day).hundredths
    bound = ScoreBound()

    bound.reset(tally, day, low=0, high=now + 2)
    assert not bound.add(day, day + 1, [])
    bound.reset(tally, day, low=0, high=now)
    assert bound.add(day, day + 1, [])
    bound.reset(tally, day, low=now, high=OVER)
    assert bound.add(day, day + 30, [])


def test_bound_falls_with_the_score():
    tally = tally_of(in_order(proven()), TODAY, member_id=ME, peers=NO_PEERS)
    day = TODAY.toordinal()
    now = tally.points(day).hundredths
    bound = ScoreBound()

    bound.reset(tally, day, low=0, high=now)

    assert not bound.add(day + 30, day + 60, [did("reply.created")])


def test_bound_sees_a_score_that_rises_as_an_answer_fades():
    facts = [did("review.verified"), did("reference.completed"), answered_nps(3)]
    tally = tally_of(in_order(facts), TODAY, member_id=ME, peers=NO_PEERS)
    day = TODAY.toordinal()
    bound = ScoreBound()

    bound.reset(tally, day, low=0, high=tally.points(day).hundredths + 100)

    assert bound.add(day, day + 365, [])
    assert tally.points(day + 365).hundredths > tally.points(day).hundredths + 100


def test_bounds_count_every_act_in_full():
    facts = in_order(proven())
    day = TODAY.toordinal()
    reached = tally_of(facts, TODAY, member_id=ME, peers=NO_PEERS).points(day).hundredths

    (most,) = bounds_of(scored_days(facts, TODAY))

    assert reached < most < reached + 2


def test_bound_without_decay_is_the_highest_of_acts_on_one_day():
    facts = in_order(proven())
    days = list(scored_days(facts, TODAY))

    assert most_without_decay(days) == max(bounds_of(days))


def test_bound_without_decay_is_above_those_of_all_days():
    facts = in_order([*proven(ago=500), did("reply.created", 3)])
    days = list(scored_days(facts, TODAY))

    assert most_without_decay(days) > max(bounds_of(days))


def test_an_act_on_the_day_the_score_would_fall_keeps_the_span():
    facts = proven(ago=500)
    end = spans(*facts)[0].end
    saved = did("referral.purchased", ago=(TODAY - end).days)

    assert spans(*facts, on=end - timedelta(days=1))[0].end is None
    assert spans(*facts, on=end)[0].end == end
    assert spans(*facts, saved, on=end)[0].end is None


def test_member_may_become_an_advocate_again():
    found = spans(*proven(ago=800), *proven(ago=5))

    assert [span.end is None for span in found] == [False, True]
    assert found[0].end < found[1].start


def test_later_acts_do_not_change_an_earlier_span():
    early = spans(*proven(ago=800), on=TODAY - timedelta(days=799))

    assert spans(*proven(ago=800), *proven(ago=5))[0].start == early[0].start


def test_expiry_of_a_strike_starts_a_span():
    facts = [*proven(), did("story.shared"), answered_nps(9), did("strike.upheld", 2, ago=170)]

    assert score(*facts) < 40
    assert [span.start for span in spans(*facts, on=TODAY + timedelta(days=30))] == [
        TODAY + timedelta(days=10)
    ]


def test_strike_can_end_a_span():
    facts = [*proven(ago=30), did("strike.upheld", 2)]

    assert spans(*facts)[0].end == TODAY


# Start of the band


def since(*facts, on=TODAY):
    return past(*facts, on=on).band_since


def test_band_since_the_act_that_reached_it():
    assert since(*proven(ago=3)) == TODAY - timedelta(days=3)


def test_band_since_the_day_it_decayed():
    facts = [did("reply.created", 10, ago=ago) for ago in (40, 41)]
    crossed = since(*facts, on=YEAR_AHEAD)

    assert score(*facts, on=crossed) < 10 <= score(*facts, on=crossed - timedelta(days=1))


def test_band_since_without_acts_is_today():
    assert since() == TODAY


# The past


def past(*facts, on=TODAY):
    return past_of(Course(in_order(facts), on, ME, NO_PEERS))


def test_past_has_every_band_change_on_its_day():
    facts = [did("review.verified", ago=900), did("reference.completed", ago=900)]
    found = past(*facts)

    assert [band_of(points.hundredths) for _, points in found.changes] == ["emerging", "none"]
    (first, _), (second, points) = found.changes
    assert first == TODAY - timedelta(days=900)
    assert score(*facts, on=second) < 10 <= score(*facts, on=second - timedelta(days=1))
    assert points.hundredths == round(score(*facts, on=second) * 100)


def test_past_has_the_best_day():
    facts = [
        did("reply.created", 10, ago=900),
        did("reply.created", 10, ago=899),
        did("reply.created", ago=5),
    ]
    found = past(*facts)

    assert found.best_on == TODAY - timedelta(days=899)
    assert found.best == round(score(*facts, on=found.best_on) * 100)


def test_past_below_the_first_band_has_no_changes():
    found = past(did("reply.created", 10, ago=900))

    assert (found.changes, found.best) == ((), 925)


def test_past_of_acts_that_do_not_count_has_the_best_of_the_others():
    """The bound is too high where acts do not count: here on the last days."""
    facts = [
        did("reply.created", 10, ago=900),
        *(did("helpful_vote.received", 9, ago=ago, to={ME: 9}) for ago in range(5)),
        did("reply.created", ago=9),
    ]

    assert (past(*facts).best, past(*facts).best_on) == (925, TODAY - timedelta(days=900))


def test_past_of_equal_scores_has_the_first_day():
    facts = [did("reply.created", 5, ago=2000), did("reply.created", 5, ago=900)]

    assert past(*facts).best_on == TODAY - timedelta(days=2000)


def test_past_of_nothing():
    assert (past().changes, past().best, past().best_on) == ((), 0, TODAY)


# Next due date


def test_next_due_is_when_the_score_crosses_a_whole_number():
    facts = [did("reply.created", 10, ago=ago) for ago in range(5)]
    due, whole = scored(*facts).next_due, score(*facts) // 1

    assert score(*facts, on=due) < whole <= score(*facts, on=due - timedelta(days=1))


def test_next_due_is_stable_until_it_is_reached():
    facts = [did("reply.created", 10, ago=ago) for ago in range(5)]
    due = scored(*facts).next_due

    assert {scored(*facts, on=TODAY + timedelta(days=n)).next_due for n in range((due - TODAY).days)} == {due}
    assert scored(*facts, on=due).next_due > due


def test_next_due_is_when_a_strike_expires():
    facts = [*proven(), did("strike.upheld", ago=170)]

    assert scored(*facts).next_due <= TODAY + timedelta(days=10)


def test_next_due_is_when_the_score_has_risen_by_a_point():
    facts = [did("reference.completed"), answered_nps(0)]

    due = scored(*facts).next_due

    assert score(*facts) == 0
    assert score(*facts, on=due - timedelta(days=1)) < 1 <= score(*facts, on=due)


def test_the_day_after_the_horizon_is_due():
    referred = scored(did("referral.purchased", 2, ago=900))

    assert (referred.score >= 1, referred.next_due) == (True, TODAY + timedelta(days=1))


def test_score_below_one_is_never_due():
    assert scored(did("topic.created")).next_due is None


def test_span_type_is_the_engines():
    assert isinstance(spans(*proven())[0], Span)
    assert isinstance(spans(*proven())[0].start, date)


def test_a_walk_computes_the_score_only_on_days_on_which_it_may_leave_its_range(monkeypatch):
    facts = in_order([did("answer.accepted", 1, ago=ago) for ago in range(30)])
    course = Course(facts, TODAY, ME, NO_PEERS)
    monkeypatch.setattr(ScoreBound, "reset", None)

    walk = Walk(ME, NO_PEERS)
    walk.add(course.days, TODAY)

    assert walk.spans == []
    assert walk.tally.points(TODAY.toordinal()).hundredths > 0


def test_past_adds_no_days_after_the_best_one_if_the_band_stays_the_same(monkeypatch):
    best = did("answer.accepted", ago=300)
    course = Course(
        in_order([best, did("topic.created", ago=200), did("topic.created")]), TODAY, ME, NO_PEERS
    )
    added, add_day = [], Tally.add_day
    monkeypatch.setattr(
        Tally, "add_day", lambda tally, day, of_day: (added.append(day), add_day(tally, day, of_day))
    )

    past = past_of(course)

    assert (past.changes, past.best_on) == ((), best.day)
    assert added == [best.day]


@pytest.mark.parametrize("other", [did("answer.accepted", 5, ago=460), answered_nps(8, ago=20)])
def test_past_is_walked_once_though_old_acts_and_answers_of_passives_do_not_count(monkeypatch, other):
    acts = [did("answer.accepted", 3, ago=10), did("reply.created", ago=5)]
    course = Course(in_order([other, *acts]), TODAY, ME, NO_PEERS)
    walked, past = [], walks._past
    monkeypatch.setattr(walks, "_past", lambda *walk: walked.append(walk) or past(*walk))

    past_of(course)

    assert len(walked) == 1


def test_a_frozen_walk_does_not_grow_with_the_years():
    def frozen_after(days):
        acts = [did("reply.created", 2, ago=ago, to={ago: 1, ago + 1: 1}) for ago in range(days)]
        walk = Walk(ME, NO_PEERS)
        walk.follow(Course(in_order(acts), TODAY, ME, NO_PEERS), TODAY)
        return walk.freeze()

    assert len(frozen_after(3000)) < 1.1 * len(frozen_after(600)) < 30_000
