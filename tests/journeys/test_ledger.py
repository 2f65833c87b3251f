"""The ledger: what counts as a holding, and what ends it."""

from __future__ import annotations

import pytest

from journeys.engine.facts import Fact
from journeys.engine.ledger import CANCEL, LAPSE, PURCHASE, REFUND, RENEWAL, SUBSCRIPTION, Ledger, is_sale

from .stories import on


def fact(day: int, kind: str, *items: dict) -> Fact:
    return Fact(on(day), kind, len(items), bytes(16 * len(items)), None, list(items))


def item(ref: str, cents: int | None = 4900, **props) -> dict:
    return {
        "id": f"00000000-0000-0000-0000-{ord(ref[0]):012}",
        "cents": cents,
        "currency": "EUR",
        "props": {"external_id": ref, **props},
    }


@pytest.fixture
def ledger():
    return Ledger(grace_days=14)


@pytest.mark.parametrize(
    ("sold", "counts"),
    [
        (item("a"), True),
        (item("a", None), False),
        (item("a", 0), False),
        (item("a", -1), False),
        (item("a", test=True), False),
        (item("a", test=False), True),
    ],
)
def test_only_positive_real_amounts_are_sales(sold, counts):
    assert is_sale(sold) is counts


def test_each_order_is_held_with_its_own_evidence(ledger):
    ledger.buy(fact(0, PURCHASE, item("a"), item("b", 100), item("c", 0)))

    assert {ref: holding.cents_left for ref, holding in ledger.holdings.items()} == {"a": 4900, "b": 100}
    assert ledger.holdings["a"].fact.ids != ledger.holdings["b"].fact.ids
    assert ledger.holdings["a"].fact.n == 1


def test_buying_a_further_product_is_reported(ledger):
    answers = [
        ledger.buy(fact(day, PURCHASE, item(ref, products=products)))
        for day, ref, products in [(0, "a", ["mill"]), (1, "b", ["mill"]), (2, "c", ["press", "mill"])]
    ]

    assert answers == [False, False, True]


def test_orders_without_products_are_not_a_further_product(ledger):
    ledger.buy(fact(0, PURCHASE, item("a")))

    assert ledger.buy(fact(1, PURCHASE, item("b", products=["mill"]))) is False


def test_more_seats_are_growth_but_the_first_number_is_not(ledger):
    ledger.buy(fact(0, SUBSCRIPTION, item("a")))

    seats = [3, 5, 5, 4, 5]
    grew = [ledger.renew(fact(day, RENEWAL, item("a", None, seats=n))) for day, n in enumerate(seats, 1)]

    assert grew == [False, True, False, False, True]


@pytest.mark.parametrize("sign", [1, -1])  # some sources report refunds as negative amounts
def test_partial_refunds_add_up_and_end_the_order(ledger, sign):
    ledger.buy(fact(0, PURCHASE, item("a")))

    first = ledger.refund_or_cancel(fact(1, REFUND, item("a", sign * 4000, full=False)))
    second = ledger.refund_or_cancel(fact(2, REFUND, item("a", sign * 900, full=False)))

    assert (first, second) == (False, True)


def test_refund_of_an_unknown_order_is_ignored(ledger):
    ledger.buy(fact(0, PURCHASE, item("a")))

    assert ledger.refund_or_cancel(fact(1, REFUND, item("z", full=True))) is False
    assert set(ledger.holdings) == {"a"}


@pytest.mark.parametrize("ends", [(CANCEL, REFUND), (REFUND, CANCEL)])
def test_only_the_end_of_the_last_order_or_subscription_ends_the_relationship(ledger, ends):
    ledger.buy(fact(0, PURCHASE, item("a")))
    ledger.buy(fact(0, SUBSCRIPTION, item("s")))
    refs = {REFUND: item("a", full=True), CANCEL: item("s", None)}

    assert [ledger.refund_or_cancel(fact(1, kind, refs[kind])) for kind in ends] == [False, True]


def test_a_lapsed_subscription_does_not_end_the_relationship_of_those_who_hold_an_order(ledger):
    ledger.buy(fact(0, PURCHASE, item("a")))
    ledger.buy(fact(0, SUBSCRIPTION, item("s")))
    lapsed = fact(30, LAPSE, item("s", None))
    ledger.lapse(lapsed)
    assert ledger.churns_on() is None

    assert ledger.refund_or_cancel(fact(31, REFUND, item("a", full=True))) is False
    assert ledger.churns_on() == (on(44), lapsed)


def test_cancelling_an_order_keeps_the_customer_who_has_another(ledger):
    ledger.buy(fact(0, PURCHASE, item("a"), item("b")))

    assert ledger.refund_or_cancel(fact(1, CANCEL, item("a", None))) is False
    assert ledger.refund_or_cancel(fact(2, CANCEL, item("b", None))) is True


@pytest.mark.parametrize("kind", [PURCHASE, SUBSCRIPTION])
def test_the_end_of_what_is_not_held_ends_nothing(ledger, kind):
    ledger.buy(fact(0, kind, item("a")))
    ledger.buy(fact(0, SUBSCRIPTION, item("t", 0)))
    ledger.lapse(fact(1, LAPSE, item("t", None), item("u", None)))

    left = ledger.refund_or_cancel(fact(2, CANCEL, item("t", None), item("u", None)))

    assert left is False
    assert ledger.churns_on() is None


def test_a_lapsed_subscription_ends_after_the_grace_period(ledger):
    ledger.buy(fact(0, SUBSCRIPTION, item("s")))
    lapsed = fact(30, LAPSE, item("s", None))
    ledger.lapse(lapsed)

    assert ledger.churns_on() == (on(44), lapsed)


def test_renewal_in_the_grace_period_continues_the_subscription(ledger):
    ledger.buy(fact(0, SUBSCRIPTION, item("s")))
    ledger.lapse(fact(30, LAPSE, item("s", None)))

    ledger.renew(fact(40, RENEWAL, item("s", None)))

    assert ledger.churns_on() is None


def test_repurchase_in_the_grace_period_continues_the_relationship(ledger):
    ledger.buy(fact(0, SUBSCRIPTION, item("s")))
    ledger.lapse(fact(30, LAPSE, item("s", None)))

    ledger.buy(fact(40, PURCHASE, item("a")))
    assert ledger.churns_on() is None

    ledger.refund_or_cancel(fact(41, REFUND, item("a", full=True)))
    assert ledger.churns_on()[0] == on(44)


def test_the_later_of_two_lapsed_subscriptions_counts(ledger):
    ledger.buy(fact(0, SUBSCRIPTION, item("s"), item("t")))
    ledger.lapse(fact(30, LAPSE, item("s", None)))
    assert ledger.churns_on() is None

    last = fact(50, LAPSE, item("t", None))
    ledger.lapse(last)

    assert ledger.churns_on() == (on(64), last)


def test_drop_ended_keeps_what_ends_today(ledger):
    ledger.buy(fact(0, SUBSCRIPTION, item("s"), item("t")))
    ledger.lapse(fact(30, LAPSE, item("s", None)))

    ledger.drop_ended(on(44))
    assert set(ledger.holdings) == {"s", "t"}
    ledger.drop_ended(on(45))
    assert set(ledger.holdings) == {"t"}


def test_without_a_grace_period_a_subscription_ends_the_next_day():
    ledger = Ledger(grace_days=0)
    ledger.buy(fact(0, SUBSCRIPTION, item("s")))
    ledger.lapse(fact(0, LAPSE, item("s", None)))

    assert ledger.churns_on()[0] == on(1)
