from datetime import date, timedelta
from decimal import Context, Decimal
from itertools import product

import pytest

from advocacy.engine.arithmetic import BILLION, decay_table, hundredths, saturated
from advocacy.engine.score import marginal_points, score_over_time
from advocacy.engine.search import band_of
from advocacy.engine.weights import COMPONENTS, KINDS

from .acts import TODAY, answered_nps, did, in_order, peer_replies, score, scored

FEW_TOPICS = [did("topic.created", ago=ago) for ago in range(5)]
ADVOCATE = [
    did("answer.accepted", 5),
    did("referral.qualified"),
    did("review.verified"),
    answered_nps(9),
    *FEW_TOPICS,
]


# The worked examples of the scoring model


def test_score_of_a_new_advocate():
    assert score(*ADVOCATE) == pytest.approx(40.4, abs=0.06)


def test_answering_alone_never_gives_more_than_its_component():
    assert score(*[did("answer.accepted", 50, ago=ago) for ago in range(400)]) == 25.0


def test_score_of_a_promoter_with_three_replies_and_ten_topics():
    topics = [did("topic.created", n, ago=ago) for ago, n in enumerate([3, 3, 3, 1])]

    assert score(answered_nps(10), did("reply.created", 3), *topics) == 13.2


def test_score_of_a_champion():
    champion = [
        *[did("reply.created", 10, ago=ago) for ago in range(6)],
        did("referral.purchased"),
        did("referral.qualified"),
        did("review.verified"),
        did("reference.completed"),
        did("article.published"),
        did("article.published", ago=1),
        answered_nps(10),
        *[did("topic.created", 3, ago=ago) for ago in range(7)],
    ]

    assert score(*champion) == pytest.approx(75.1, abs=0.1)


def test_voting_ring_of_one_partner_is_stopped_at_six_votes():
    ring = [did("helpful_vote.received", ago=ago, to={2: 1}) for ago in range(130)]

    assert score(*ring) <= 6.1


# The event taxonomy: component, weight, most counted per day, half-life in days

TAXONOMY = {
    "reply.created": ("helpfulness", 1, 10, 90),
    "answer.accepted": ("helpfulness", 5, 5, 90),
    "helpful_vote.received": ("helpfulness", 1, 10, 90),
    "prospect.peer_replied": ("helpfulness", 1, 10, 90),
    "moderation.helped": ("helpfulness", 2, 5, 90),
    "mentee.helped": ("helpfulness", 2, 3, 90),
    "referral.registered": ("referral", 2, 2, 180),
    "referral.qualified": ("referral", 10, 2, 180),
    "referral.purchased": ("referral", 25, 2, 180),
    "review.verified": ("proof", 15, 1, 365),
    "reference.completed": ("proof", 20, 1, 365),
    "case_study.published": ("proof", 20, 1, 365),
    "testimonial.approved": ("proof", 8, 1, 365),
    "article.published": ("content", 10, 1, 180),
    "story.shared": ("content", 10, 1, 180),
    "talk.given": ("content", 10, 1, 180),
    "idea.shipped": ("content", 10, 1, 180),
    "idea.submitted": ("content", 3, 1, 180),
    "beta.participated": ("content", 5, 1, 180),
    "advisory.attended": ("content", 5, 1, 180),
    "topic.created": ("presence", 0.5, 3, 90),
}
# Points at most, and the weight that gives half of them.
LIMITS = {
    "helpfulness": (25, 15),
    "referral": (25, 20),
    "proof": (20, 20),
    "content": (10, 10),
    "sentiment": (10, 10),
    "presence": (10, 5),
}


def test_no_other_kind_counts():
    assert KINDS.keys() == TAXONOMY.keys() | {"nps.answered"}


@pytest.mark.parametrize("kind", TAXONOMY)
def test_weight_day_cap_and_half_life_of_a_kind(kind):
    component, weight, a_day, half_life = TAXONOMY[kind]
    most, half_at = LIMITS[component]
    horizon = 5 * half_life

    def points(n, ago):
        found = scored(did(kind, n, ago=ago)).explanation["components"]
        assert {key for key, part in found.items() if part["sum"]} <= {component}
        assert found[component]["most"] == most
        return float(found[component]["points"])

    def expected(n, ago):
        return most * (1 - 2 ** (-n * weight * 2 ** (-ago / half_life) / half_at))

    for n, ago in ((1, 0), (a_day, 0), (a_day, half_life), (1, horizon)):
        assert points(n, ago) == pytest.approx(expected(n, ago), abs=0.006)
    assert points(a_day + 1, 0) == points(a_day, 0)
    assert points(a_day, horizon + 1) == 0


@pytest.mark.parametrize(("answer", "points"), [(10, 5), (9, 5), (8, 0), (7, 0), (6, -10), (0, -10)])
def test_weight_of_an_answer_to_the_recommendation_question(answer, points):
    """Ten either way: half of the ten points for a promoter, all of them against a detractor; halved in 180 days."""
    proven = did("reference.completed", ago=0)

    for ago, left in ((0, 1), (180, 0.5), (901, 0)):
        gained = score(proven, answered_nps(answer, ago=ago)) - score(proven)
        promoter = 10 * (1 - 2**-left)
        assert gained == pytest.approx(promoter if points > 0 else points * left, abs=0.011)


# Arithmetic


def test_decay_halves_at_the_half_life_and_ends_at_the_horizon():
    table = decay_table(90)

    assert (table[0], table[90], table[180], table[450]) == (1_000_000, 500_000, 250_000, 31_250)
    assert len(table) == 451


@pytest.mark.parametrize("half_life", [90, 180, 365])
def test_decay_equals_powers_computed_one_by_one(half_life):
    precise = Context(prec=40)

    def parts_per_million(age: int) -> int:
        power = precise.power(Decimal(2), precise.divide(Decimal(-age), Decimal(half_life)))
        return round(1_000_000 * power)

    ages = range(5 * half_life + 1)
    assert decay_table(half_life) == tuple(map(parts_per_million, ages))


@pytest.mark.parametrize("key", COMPONENTS)
def test_saturation_gives_half_the_points_at_its_half(key):
    component = COMPONENTS[key]

    assert saturated(component.half_at * BILLION, component) == component.most * BILLION // 2


def test_saturation_agrees_with_the_formula():
    component = COMPONENTS["helpfulness"]

    for x in (1, 7, 13.37, 99.99, 500):
        exact = 25 * (1 - 2 ** (-x / 15)) * BILLION
        assert abs(saturated(int(x * BILLION), component) - exact) < 10


def test_negative_sums_are_linear_and_bounded():
    component = COMPONENTS["sentiment"]

    assert saturated(-4 * BILLION, component) == -4 * BILLION
    assert saturated(-40 * BILLION, component) == -10 * BILLION


def test_hundredths_round_half_up():
    assert [hundredths(n) for n in (4_999_999, 5_000_000, 14_999_999, 15_000_000)] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("points", "band"),
    [
        (0, "none"),
        (9.99, "none"),
        (10, "emerging"),
        (24.99, "emerging"),
        (25, "promising"),
        (39.99, "promising"),
        (40, "advocate"),
        (64.99, "advocate"),
        (65, "champion"),
        (100, "champion"),
    ],
)
def test_bands(points, band):
    assert band_of(round(points * 100)) == band


# What counts and what does not


def test_unknown_kinds_do_not_count():
    assert scored(did("visit.day"), did("referral.clicked"), did("reaction.given", 10)) is None


def test_detractor_costs_points_that_decay():
    helped = did("reply.created", 10)

    assert score(helped, answered_nps(3)) == score(helped) - 9.25  # not below zero: the score was only 9.25
    assert score(helped, did("review.verified"), answered_nps(3, ago=180)) == pytest.approx(
        score(helped, did("review.verified")) - 5
    )


def test_passive_nps_answer_does_not_count():
    assert scored(answered_nps(7), answered_nps(8, ago=1)) is None


def test_last_answer_of_a_day_counts():
    assert score(answered_nps(3, 10)) == 5.0
    assert scored(answered_nps(3, 8)) is None
    assert score(did("review.verified"), answered_nps(10, 3)) < score(did("review.verified"))


@pytest.mark.parametrize("answers", list(product((3, 8, 9), repeat=3)), ids=str)
def test_one_more_answer_of_a_promoter_or_passive_never_lowers_the_score(answers):
    reviewed = did("review.verified")

    for place, more in product(range(4), (8, 9)):
        with_more = answered_nps(*answers[:place], more, *answers[place:])
        assert score(reviewed, with_more) >= score(reviewed, answered_nps(*answers))


def test_strike_costs_ten_points_for_180_days():
    clean = score(*ADVOCATE)
    struck = [*ADVOCATE, did("strike.upheld", ago=179)]

    assert score(*struck) == pytest.approx(clean - 10)
    assert scored(*struck).explanation["penalties"] == [
        {
            "day": (TODAY - timedelta(days=179)).isoformat(),
            "points": 10,
            "until": (TODAY + timedelta(days=1)).isoformat(),
        }
    ]
    assert score(*ADVOCATE, did("strike.upheld", ago=180)) == clean


def test_two_strikes_add_up_and_the_score_stops_at_zero():
    assert score(did("reply.created"), did("strike.upheld", 2)) == 0


def test_acts_after_the_as_of_day_are_ignored():
    yesterday = TODAY - timedelta(days=1)

    assert score(did("reply.created", ago=1), did("reply.created", 10), on=yesterday) == score(
        did("reply.created")
    )


def test_only_the_replier_in_a_prospect_forum_gains():
    helped = peer_replies("replier", to={"5:replier": 1})
    both = peer_replies("replier", "asker", to={"5:replier": 1, "5:asker": 1})

    assert scored(peer_replies("asker", to={"5:asker": 1})) is None
    assert score(both) == score(helped) == score(did("reply.created"))


def test_replies_to_one_prospect_have_a_pair_cap_even_if_that_prospect_replies_too():
    in_quarter = range(60)
    alone = [peer_replies("replier", ago=ago, to={"5:replier": 1}) for ago in in_quarter]
    mutual = [
        peer_replies("replier", "asker", ago=ago, to={"5:replier": 1, "5:asker": 1}) for ago in in_quarter
    ]

    assert score(*mutual) == score(*alone) == score(*alone[:3])


def test_replies_of_others_to_the_member_are_not_contributions():
    both = peer_replies("asker", "replier", to={"5:asker": 1, "6:replier": 1})

    (entry,) = scored(both).explanation["top"]

    assert (entry["n"], entry["of"], entry["events"]) == (1, 1, [both.items[1]["id"]])


# Derived values


def test_score_is_written_with_two_decimals():
    assert scored(did("reply.created", 10)).score == Decimal("9.25")


def test_marginal_points_equal_the_difference_of_one_more_act():
    explanation = scored(*ADVOCATE).explanation

    assert marginal_points(explanation, "review.verified") == Decimal("4.8")
    assert score(*ADVOCATE, did("review.verified", ago=0)._replace(kind="testimonial.approved")) > score(
        *ADVOCATE
    )
    assert marginal_points(explanation, "reply.created") == Decimal("0.4")


def test_score_over_time_uses_the_facts_known_on_each_day():
    facts = in_order([*ADVOCATE, did("story.shared", ago=100), did("reply.created", 4, ago=40)])
    days = [TODAY - timedelta(days=ago) for ago in (200, 100, 50, 0)]

    scores = score_over_time(facts, days, member_id=1)

    assert [float(one) for one in scores] == [score(*facts, on=day) for day in days]
    assert scores[0] == 0


def test_score_over_no_days_is_empty():
    assert score_over_time([], [], member_id=1) == []


def test_score_over_time_ignores_later_facts():
    assert scored() is None
    assert scored(did("reply.created"), on=date(2020, 1, 1)) is None
