"""A member's orders and subscriptions: the commercial facts behind rules C1, R5 and L2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from .facts import Fact, id_of

PURCHASE, SUBSCRIPTION = "purchase.completed", "subscription.started"
REFUND, CANCEL, LAPSE = "purchase.refunded", "subscription.cancelled", "subscription.lapsed"
RENEWAL, UPGRADE, DOWNGRADE = "subscription.renewed", "subscription.upgraded", "subscription.downgraded"
BOUGHT = frozenset({PURCHASE, SUBSCRIPTION})
CHANGES = frozenset({RENEWAL, UPGRADE, DOWNGRADE})
ENDS = frozenset({REFUND, CANCEL})


@dataclass(slots=True)
class Holding:
    """An order or subscription that has not ended."""

    cents_left: int
    currency: str
    seats: int
    fact: Fact


@dataclass(slots=True)
class Ledger:
    """Paid orders and subscriptions of the current customer cycle, by external id.

    Free trials, test sales and unknown subscriptions are not held, so their end ends nothing.
    """

    grace_days: int
    holdings: dict[str, Holding] = field(default_factory=dict)
    products: set[str] = field(default_factory=set)
    ending: dict[str, tuple[date, Fact]] = field(default_factory=dict)

    def buy(self, fact: Fact) -> bool:
        """Add sales. Return whether they include a product that the member did not own yet.

        Test-mode, zero and negative amounts are ignored.
        """
        second = False
        for item in fact.items or ():
            if not is_sale(item):
                continue
            ref = _ref(item)
            props = item["props"]
            proof = fact._replace(n=1, ids=id_of(item), items=None)
            self.holdings[ref] = Holding(item["cents"], item["currency"], props.get("seats") or 0, proof)
            self.ending.pop(ref, None)
            products = set(props.get("products") or ())
            second = second or bool(self.products and products - self.products)
            self.products |= products
        return second

    def renew(self, fact: Fact) -> bool:
        """Apply renewals and seat changes. Return whether any number of seats grew."""
        grew = False
        for item in fact.items or ():
            ref = _ref(item)
            self.ending.pop(ref, None)
            seats = item["props"].get("seats")
            holding = self.holdings.get(ref)
            if holding is not None and seats is not None:
                grew = grew or 0 < holding.seats < seats
                holding.seats = seats
        return grew

    def refund_or_cancel(self, fact: Fact) -> bool:
        """Apply refunds or cancellations. Return whether the member is no longer a customer.

        A full refund ends its order, and a cancellation its subscription. The relationship ends with the last of
        both: a paid order that was not refunded continues it.
        """
        leaves = False
        for item in fact.items or ():
            ended = self._refund(item) if fact.kind == REFUND else self._cancel(_ref(item), fact.day)
            leaves = ended or leaves
        return leaves

    def lapse(self, fact: Fact) -> None:
        """Mark subscriptions as not renewed: they end after the grace period, counted from the first lapse."""
        ends = fact.day + timedelta(days=max(1, self.grace_days))
        for item in fact.items or ():
            if (ref := _ref(item)) in self.holdings:
                self.ending.setdefault(ref, (ends, fact))

    def drop_ended(self, day: date) -> None:
        """Remove the subscriptions whose grace period ended before this day."""
        for ref in [ref for ref, (ends, _) in self.ending.items() if ends < day]:
            del self.ending[ref]
            self.holdings.pop(ref, None)

    def churns_on(self) -> tuple[date, Fact] | None:
        """Return when the last holding ends because it was not renewed, and the fact behind it."""
        if not self.holdings or not self.holdings.keys() <= self.ending.keys():
            return None
        return max((self.ending[ref] for ref in self.holdings), key=lambda end: end[0])

    def clear(self) -> None:
        self.holdings.clear()
        self.products.clear()
        self.ending.clear()

    def _refund(self, item: Mapping[str, Any]) -> bool:
        holding = self.holdings.get(_ref(item))
        if holding is None:
            return False
        holding.cents_left -= abs(item["cents"] or 0)
        if not item["props"].get("full") and holding.cents_left > 0:
            return False
        del self.holdings[_ref(item)]
        self.ending.pop(_ref(item), None)
        return not self.holdings

    def _cancel(self, ref: str, day: date) -> bool:
        if self.holdings.pop(ref, None) is None:
            return False
        self.ending.pop(ref, None)
        over = {other for other, (ends, _) in self.ending.items() if ends <= day}
        return self.holdings.keys() <= over


def is_sale(item: Mapping[str, Any]) -> bool:
    return bool((item["cents"] or 0) > 0 and not item["props"].get("test"))


def _ref(item: Mapping[str, Any]) -> str:
    return str(item["props"].get("external_id") or item["id"])
