"""Properties 14 to 18 of the score, with random members who game the system."""

from collections import Counter
from datetime import date, timedelta
from itertools import combinations, pairwise
from uuid import UUID

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from advocacy.engine.arithmetic import BILLION, hundredths, saturated
from advocacy.engine.caps import PAIR_MOST, Day, Peers, count_quarter
from advocacy.engine.score import continue_score, score_member, score_over_time
from advocacy.engine.score_bound import ScoreBound
from advocacy.engine.search import band_of, falls_below
from advocacy.engine.spans import Course, Walk, advocate_spans, past_of
from advocacy.engine.tally import Tally, scored_days, tally_of
from advocacy.engine.weights import BANDS, COMPONENTS, KINDS, PEER_REPLY
from journeys.engine.facts import Fact, RawEvent
from journeys.engine.rollup import roll_up
from tests.support import random_members

TODAY = date(2026, 9, 1)
ME, STAFF = 1, 2
PEERS = Peers(
    staff=frozenset({STAFF}), companies={ME: [(date.min, 1)], 3: [(date.min, 1)], 4: [(date.min, 2)]}
)
PAIRED = [
    "answer.accepted",
    "helpful_vote.received",
    "mentee.helped",
    "referral.registered",
    "referral.purchased",
]
GOOD = [kind for kind in KINDS if kind not in ("nps.answered", "prospect.peer_replied")]

checked = settings(max_examples=random_members(100), deadline=None)

ages = st.one_of(st.integers(0, 30), st.integers(0, 500), st.integers(0, 2500))


@st.composite
def good_acts(draw, ago=ages):
    """The facts of one kind on one day, with partners where the kind has them."""
    kind = draw(st.sampled_from(GOOD))
    partners = (
        draw(st.dictionaries(st.integers(1, 9), st.integers(1, 4), max_size=6)) if kind in PAIRED else {}
    )
    alone = draw(st.integers(0 if partners else 1, 6))
    pairs = {str(partner): n for partner, n in partners.items()} or None
    return Fact(TODAY - timedelta(days=draw(ago)), kind, sum(partners.values()) + alone, pairs=pairs)


@st.composite
def against(draw, ago=ages):
    day = TODAY - timedelta(days=draw(ago))
    if draw(st.booleans()):
        return Fact(day, "strike.upheld", draw(st.integers(1, 2)))
    items = [{"id": "", "cents": None, "currency": "", "props": {"score": draw(st.integers(0, 10))}}]
    return Fact(day, "nps.answered", 1, items=items)


def merged(facts):
    """Merge facts of the same kind and day, as the rollup does."""
    together: dict = {}
    for fact in facts:
        key = fact.day, fact.kind
        if key in together and fact.kind != "nps.answered":
            before = together[key]
            pairs = Counter(before.pairs or {}) + Counter(fact.pairs or {})
            fact = fact._replace(n=before.n + fact.n, pairs=dict(pairs) or None)
        together[key] = fact
    return [together[key] for key in sorted(together)]


good_lives = st.lists(good_acts(), max_size=25).map(merged)
dense_lives = st.lists(good_acts(ago=st.integers(0, 6)), min_size=3, max_size=25).map(merged)
lives = st.lists(st.one_of(good_acts(), good_acts(), against()), max_size=25).map(merged)


def points(facts, on=TODAY):
    found = score_member(facts, on, member_id=ME, peers=PEERS)
    return found.score if found else 0


def exact(facts, on=TODAY):
    return tally_of(facts, on, member_id=ME, peers=PEERS).points(on.toordinal()).components


# 14: bounds


@checked
@given(lives)
def test_14_score_and_components_keep_their_bounds(facts):
    components = exact(facts)

    assert 0 <= points(facts) <= 100
    for key, found in components.items():
        floor = -COMPONENTS[key].most if key == "sentiment" else 0
        assert floor * BILLION <= found <= COMPONENTS[key].most * BILLION


@checked
@given(st.integers(0, 10**13), st.integers(0, 10**13), st.sampled_from(sorted(COMPONENTS)))
def test_14_saturation_is_monotonic(x, more, key):
    component = COMPONENTS[key]

    assert saturated(x, component) <= saturated(x + more, component) <= component.most * BILLION


# 15: monotonicity


@checked
@given(good_lives, good_acts())
def test_15_one_more_good_act_never_lowers_the_score(facts, act):
    assert points(merged([*facts, act])) >= points(facts)


@checked
@given(dense_lives, good_acts(ago=st.integers(0, 6)))
def test_15_one_more_good_act_never_lowers_a_crowded_score(facts, act):
    before, after = exact(facts), exact(merged([*facts, act]))

    assert all(after[key] >= found for key, found in before.items())


@checked
@given(good_lives, st.integers(0, 2500), st.integers(0, 500))
def test_15_score_only_falls_without_events(facts, later, later_still):
    first = TODAY + timedelta(days=later)

    assert points(facts, first + timedelta(days=later_still)) <= points(facts, first)


@st.composite
def crowded_lives(draw):
    """Many events of one kind on few days with few partners, so that both caps meet, and one more event."""
    kind = draw(
        st.sampled_from(["helpful_vote.received", "answer.accepted", "referral.qualified", PEER_REPLY])
    )
    n = draw(st.integers(4, 40))
    *life, last = draw(st.lists(events(kind), min_size=n, max_size=n, unique_by=lambda event: event.event_id))
    return life, last


@st.composite
def events(draw, kind):
    partner = draw(st.sampled_from([None, ME, STAFF, 3, 3, 3, 4, 4, 5]))
    props = {"role": draw(st.sampled_from(["replier", "asker"]))} if kind == PEER_REPLY else {}
    day, second = TODAY - timedelta(days=draw(st.integers(0, 3))), draw(st.integers(0, 9))
    return RawEvent(UUID(int=draw(st.integers(0, 2**64))), ME, day, second, kind, partner, props=props)


@checked
@given(crowded_lives())
def test_15_one_more_event_never_lowers_a_component(found):
    life, event = found
    before, after = exact(roll_up(life)), exact(roll_up([*life, event]))

    assert all(after[key] >= points for key, points in before.items())


# 16: caps


@checked
@given(good_acts(), st.integers(1, 5))
def test_16_beyond_the_day_cap_nothing_counts(act, extra):
    cap = KINDS[act.kind].a_day
    full = act._replace(n=cap, pairs=None)

    assert points([full._replace(n=cap + extra)]) == points([full])


@checked
@given(st.sampled_from(PAIRED), st.lists(st.integers(0, 60), min_size=4, max_size=30))
def test_16_beyond_the_pair_cap_nothing_counts(kind, ages_in_quarter):
    day = date(2026, 8, 30)
    facts = merged([Fact(day - timedelta(days=ago), kind, 1, pairs={"7": 1}) for ago in ages_in_quarter])
    counted = tally_of(facts, TODAY, member_id=ME, peers=PEERS).counted[kind]

    assert sum(counted.values()) <= PAIR_MOST


@checked
@given(
    st.sampled_from(PAIRED),
    st.dictionaries(
        st.integers(0, 8), st.dictionaries(st.integers(3, 8), st.integers(1, 4), min_size=1), min_size=1
    ),
)
def test_16_joint_caps_are_optimal(kind, pairs):
    """For each day, the latest days until then together have as many acts as both caps admit."""
    days = {day: Day(dict(found), alone=day % 3) for day, found in pairs.items()}
    counted, _ = count_quarter(kind, days)
    latest_first = sorted(days, reverse=True)

    for place in range(len(days)):
        latest = latest_first[: place + 1]
        assert sum(counted[day] for day in latest) == most_admissible([days[day] for day in latest], kind)
    assert all(n <= KINDS[kind].a_day for n in counted.values())


def most_admissible(days, kind):
    """Return the maximum flow from days to partners, as the least of all cuts."""
    partners = {partner for day in days for partner in day.pairs}
    return min(
        PAIR_MOST * size
        + sum(
            min(KINDS[kind].a_day, day.alone + sum(n for p, n in day.pairs.items() if p not in cut))
            for day in days
        )
        for size in range(len(partners) + 1)
        for cut in combinations(sorted(partners), size)
    )


@checked
@given(good_lives)
def test_16_votes_by_oneself_and_by_staff_do_not_count(facts):
    housed = [fact for fact in facts if fact.kind == "helpful_vote.received"]
    inside = [fact._replace(n=2, pairs={str(ME): 1, str(STAFF): 1}) for fact in housed]

    assert points(inside) == 0


# 17: exact dates


@checked
@given(lives)
def test_17_next_change_is_the_first_day_out_of_the_band(facts):
    found = score_member(facts, TODAY, member_id=ME, peers=PEERS)
    assume(found is not None)
    change = found.explanation["next"]
    tally = tally_of(facts, TODAY, member_id=ME, peers=PEERS)
    end = date.fromisoformat(change["on"]).toordinal() if change else TODAY.toordinal() + 400

    bands = {band_of(tally.points(day).hundredths) for day in range(TODAY.toordinal(), end)}

    assert bands == {found.band}
    if change:
        assert band_of(tally.points(end).hundredths) == change["band"] != found.band


@checked
@given(good_lives)
def test_17_falling_score_crosses_the_limit_on_the_predicted_day(facts):
    found = score_member(facts, TODAY, member_id=ME, peers=PEERS)
    assume(found is not None and found.explanation["next"] is not None)
    on, line = date.fromisoformat(found.explanation["next"]["on"]), found.explanation["next"]["line"]

    assert line == BANDS[found.band]
    assert points(facts, on) < line <= points(facts, on - timedelta(days=1))


@checked
@given(lives)
def test_17_no_whole_number_is_crossed_before_next_due(facts):
    found = score_member(facts, TODAY, member_id=ME, peers=PEERS)
    assume(found is not None and found.next_due is not None)
    eve = found.next_due - timedelta(days=1)

    later = score_member(facts, eve, member_id=ME, peers=PEERS)

    assert later.score // 1 == found.score // 1
    assert later.next_due == found.next_due
    assert later.band == found.band
    assert [span.end for span in later.spans] == [span.end for span in found.spans]


# Rule R6


@checked
@given(lives)
def test_spans_equal_those_of_a_daily_simulation(facts):
    assume(facts)
    first = min(fact.day for fact in facts)
    assume((TODAY - first).days < 600)
    walked, inside = [], False
    for ordinal in range(first.toordinal(), TODAY.toordinal() + 1):
        day = date.fromordinal(ordinal)
        found = tally_of(facts, day, member_id=ME, peers=PEERS).points(ordinal)
        if inside != (found.hundredths >= 3000 if inside else found.enters):
            inside = not inside
            walked.append(day)

    spans = advocate_spans(Course(facts, TODAY, ME, PEERS))

    assert [day for span in spans for day in (span.start, span.end) if day] == walked


@checked
@given(lives)
def test_band_since_is_the_first_day_of_the_current_band(facts):
    assume(facts)
    since = past_of(Course(facts, TODAY, ME, PEERS)).band_since
    days = [date.fromordinal(day) for day in range(since.toordinal() - 1, TODAY.toordinal() + 1)]
    bands = [
        band_of(hundredths(int(score * BILLION)))
        for score in score_over_time(facts, days, member_id=ME, peers=PEERS)
    ]

    assert len(set(bands[1:])) == 1
    assert bands[0] != bands[1] or since == min(fact.day for fact in facts)


@st.composite
def busy_lives(draw):
    """Bursts of many acts, enough to become an advocate, with pauses, strikes and answers between them."""
    facts, ago = [], 0
    for _ in range(draw(st.integers(1, 6))):
        ago += draw(st.integers(1, 150))
        kinds = draw(st.lists(st.sampled_from(GOOD), min_size=1, max_size=6, unique=True))
        days = range(ago, ago + draw(st.integers(1, 12)))
        n = draw(st.integers(1, 5))
        facts += [Fact(TODAY - timedelta(days=day), kind, n) for day in days for kind in kinds]
        facts += draw(st.lists(against(ago=st.integers(ago, ago + 60)), max_size=1))
    return merged(facts)


@checked
@given(busy_lives())
def test_past_equals_that_of_a_daily_simulation(facts):
    walked, spans, best, band, inside = [], [], 0, "none", False
    tally, days = Tally(ME, PEERS), dict(scored_days(facts, TODAY))
    for ordinal in range(facts[0].day.toordinal(), TODAY.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if day in days:
            tally.add_day(day, days[day])
            best = max(best, tally.points(ordinal).hundredths)
        found = tally.points(ordinal)
        if band_of(found.hundredths) != band:
            band = band_of(found.hundredths)
            walked.append((day, found))
        if inside != (found.hundredths >= 3000 if inside else found.enters):
            inside = not inside
            spans.append(day)

    past = past_of(Course(facts, TODAY, ME, PEERS))

    assert list(past.changes) == walked
    assert past.best == best
    found_spans = advocate_spans(Course(facts, TODAY, ME, PEERS))
    assert [day for span in found_spans for day in (span.start, span.end) if day] == spans


def told(scored):
    return scored and (scored.score, scored.band, scored.explanation, scored.next_due, scored.spans)


@checked
@given(st.one_of(busy_lives(), lives), ages, st.lists(st.one_of(good_acts(), against()), max_size=5))
def test_score_continued_from_any_day_equals_a_whole_one(facts, ago, others):
    since = TODAY - timedelta(days=ago)
    walk = Walk(ME, PEERS)
    for until in (since - timedelta(days=90), since - timedelta(days=1)):
        walk.follow(Course(facts, TODAY, ME, PEERS), until)
        frozen = walk.freeze()
        walk = Walk.thaw(frozen, PEERS)

    def continued(new):
        return told(continue_score(Walk.thaw(frozen, PEERS), Course(new, TODAY, ME, PEERS)))

    latest = [fact for fact in facts if fact.day >= since]
    more = merged([*latest, *(fact for fact in others if fact.day >= since)])
    whole = [*(fact for fact in facts if fact.day < since), *more]

    assert continued(more) == told(score_member(whole, TODAY, member_id=ME, peers=PEERS))
    assert continued(latest) == told(score_member(facts, TODAY, member_id=ME, peers=PEERS))


@checked
@given(busy_lives())
def test_no_score_is_above_its_bound(facts):
    bound, tally = ScoreBound(), Tally(ME, PEERS)
    days = list(scored_days(facts, TODAY))
    for (day, of_day), (following, _) in pairwise([*days, (TODAY + timedelta(days=400), [])]):
        bound.add_acts(day.toordinal(), of_day)
        tally.add_day(day, of_day)

        for later in range(day.toordinal(), following.toordinal()):
            assert tally.points(later).hundredths <= bound.most


@checked
@given(busy_lives(), st.integers(1, 6000))
def test_falls_below_finds_the_first_day_of_a_daily_walk(facts, line):
    tally, today = tally_of(facts, TODAY, member_id=ME, peers=PEERS), TODAY.toordinal()
    days = range(today, today + 400)

    found = falls_below(tally, days[0], days[-1], line)

    assert found == next((day for day in days if tally.points(day).hundredths < line), None)


# 18: the horizon


@checked
@given(lives, st.integers(0, 1000))
def test_18_dropping_what_is_beyond_the_horizon_changes_no_score(facts, later):
    on = TODAY + timedelta(days=later)
    kept = [
        fact
        for fact in facts
        if (on - fact.day).days <= (180 if fact.kind == "strike.upheld" else 5 * _half_life(fact.kind))
    ]

    assert points(kept, on) == points(facts, on)


def _half_life(kind):
    return COMPONENTS[KINDS[kind].component].half_life


# Replay


@checked
@given(lives, st.randoms())
def test_score_does_not_depend_on_intermediate_reads(facts, random):
    """Reading the score after each day gives the same result as reading it once at the end."""
    days = sorted({fact.day for fact in facts})
    looked = score_over_time(facts, [*days, TODAY], member_id=ME, peers=PEERS)[-1] if days else 0

    assert looked == points(facts)
