from datetime import UTC, datetime, timedelta

import pytest

from community.events.catalogue import checked_payload
from community.members.models import Member
from community.runtime.demo import acts
from community.runtime.demo.chance import fraction, some
from community.runtime.demo.people import load

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def people():
    rows = load("people.toml")["member"]
    return {
        row["username"]: Member(pk=number, username=row["username"])
        for number, row in enumerate(rows, start=1)
    }


def test_a_phrase_becomes_an_event_of_its_day(people):
    draft = acts.draft(people["bea"], "372 bought Duo 1690", now=NOW, members=people)

    assert (draft.name, draft.occurred_at) == ("purchase.completed", NOW - timedelta(days=372))
    assert (draft.value_cents, draft.currency, draft.channel) == (169_000, "GBP", "billing")
    assert draft.payload == {"external_id": "demo-bea-Duo-1690", "products": ["Duo"]}


def test_a_refund_names_the_order_it_refunds(people):
    bought, refunded = (
        acts.draft(people["felix"], phrase, now=NOW, members=people)
        for phrase in ("92 bought Uno 549", "64 refunded Uno 549")
    )

    assert bought.payload["external_id"] == refunded.payload["external_id"]


def test_some_phrases_name_somebody_else(people):
    draft = acts.draft(people["bea"], "120 referred hannah", now=NOW, members=people)

    assert (draft.name, draft.counterpart_id) == ("referral.registered", people["hannah"].pk)


@pytest.mark.parametrize("phrase", ["3 juggled", "3 referred nobody"])
def test_a_word_or_name_that_is_unknown_is_refused(people, phrase):
    with pytest.raises(KeyError):
        acts.draft(people["bea"], phrase, now=NOW, members=people)


def test_every_act_of_the_demo_is_an_event_of_the_catalogue(people):
    for row in load("people.toml")["member"]:
        for phrase in row.get("acts", ()):
            draft = acts.draft(people[row["username"]], phrase, now=NOW, members=people)

            assert isinstance(checked_payload(draft.name, draft.payload), dict)
            assert draft.as_event(NOW).occurred_at <= NOW


def test_chance_comes_out_the_same_each_time():
    assert fraction("bea", 3) == fraction("bea", 3)
    assert 0 <= fraction("bea", 3) < 1
    assert some(["a", "b", "c"], 2, "x") == some(["c", "a", "b"], 2, "x")
    assert len(some(["a"], 5)) == 1
