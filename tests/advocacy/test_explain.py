from datetime import date, timedelta

import pytest

from advocacy.engine.caps import NO_PEERS
from advocacy.engine.contributions import contributions
from advocacy.engine.tally import tally_of

from .acts import ME, TODAY, answered_nps, did, in_order, score, scored


def explained(*facts, on=TODAY):
    return scored(*facts, on=on).explanation


def test_every_component_is_listed_with_its_maximum():
    components = explained(did("reply.created", 3))["components"]

    assert {key: (part["points"], part["most"]) for key, part in components.items()} == {
        "helpfulness": ("3.24", 25),
        "referral": ("0.00", 25),
        "proof": ("0.00", 20),
        "content": ("0.00", 10),
        "sentiment": ("0.00", 10),
        "presence": ("0.00", 10),
    }


def test_components_add_up_to_the_score():
    facts = [did("reply.created", 3), did("review.verified", ago=20), did("story.shared", ago=4)]
    parts = explained(*facts)["components"].values()

    assert sum(float(part["points"]) for part in parts) == pytest.approx(score(*facts), abs=0.03)


def test_top_lists_the_five_most_valuable_events():
    review, replies = did("review.verified", ago=3), did("reply.created", 10)
    top = explained(review, replies)["top"]

    assert [entry["kind"] for entry in top] == ["review.verified"] + ["reply.created"] * 4
    assert top[0]["events"] == [str(one) for one in _ids(review)]
    assert top[0]["day"] == review.day.isoformat()
    assert top[0]["each"] == "8.07"


def test_acts_of_a_component_share_its_points():
    tally = tally_of(
        in_order([did("reply.created", 7, ago=9), did("answer.accepted", 2)]),
        TODAY,
        member_id=ME,
        peers=NO_PEERS,
    )
    today = TODAY.toordinal()

    shared = sum(act.each * act.n for act in contributions(tally, today))

    assert abs(shared - tally.points(today).components["helpfulness"]) < 10


def test_capped_day_is_one_entry_with_counts():
    top = explained(did("reply.created", 25))["top"]

    assert [(entry["n"], entry["of"], len(entry["events"])) for entry in top] == [(10, 25, 10)]


def test_decayed_acts_are_not_listed():
    assert [
        entry["kind"] for entry in explained(did("reply.created", ago=600), did("topic.created"))["top"]
    ] == ["topic.created"]


def test_detractor_is_not_a_contribution():
    assert [entry["kind"] for entry in explained(did("reply.created"), answered_nps(2))["top"]] == [
        "reply.created"
    ]


# Next change


def test_next_change_is_a_date_and_a_sentence():
    facts = [did("reply.created", 10), did("topic.created", 3)]
    change = explained(*facts)["next"]
    on = date.fromisoformat(change["on"])

    assert (change["band"], change["line"]) == ("none", 10)
    assert score(*facts, on=on) < 10 <= score(*facts, on=on - timedelta(days=1))
    assert change["sentence"] == f"Falls below 10 on {on.day} {on:%b} unless something new is counted."


def test_next_change_in_another_year_says_the_year():
    facts = [did("reference.completed"), did("review.verified")]
    change = explained(*facts)["next"]

    assert change["on"][:4] == "2027"
    assert "2027" in change["sentence"]


def test_next_change_tomorrow_says_so():
    facts = [did("reply.created", 10), did("topic.created", 3)]
    eve = date.fromisoformat(explained(*facts)["next"]["on"]) - timedelta(days=1)

    assert "(tomorrow)" in explained(*facts, on=eve)["next"]["sentence"]


def test_a_strike_is_a_penalty_for_180_days():
    old, new = did("strike.upheld", ago=180), did("strike.upheld", ago=179)

    assert explained(did("review.verified"), old, new)["penalties"] == [
        {"day": new.day.isoformat(), "points": 10, "until": (TODAY + timedelta(days=1)).isoformat()}
    ]


def test_next_change_is_upwards_when_a_strike_expires():
    facts = [did("reference.completed"), did("review.verified"), did("strike.upheld", ago=170)]
    change = explained(*facts)["next"]

    assert change["on"] == (TODAY + timedelta(days=10)).isoformat()
    assert (change["band"], change["line"]) == ("emerging", 10)
    assert change["sentence"] == "Rises to 10 on 11 Sep when something that lowers it expires."


def test_lowest_band_has_no_next_change():
    assert explained(did("reply.created"))["next"] is None


def _ids(fact):
    from uuid import UUID

    return [UUID(bytes=fact.ids[:16])]
