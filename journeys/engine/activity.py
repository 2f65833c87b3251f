"""A member's activity status, independent of the stage, and the churn risk signals of customers (rule A1)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from . import ledger
from .facts import Fact
from .ruleset import ActivityRule, RiskRule

NEW, ACTIVE, COOLING, DORMANT, RESURRECTED = "new", "active", "cooling", "dormant", "resurrected"

DETRACTOR, PAYMENT, TICKET, HALVED = "detractor", "payment_failed", "severe_ticket", "activity_halved"

# Days. A customer's recent activity is compared with their own average over the 90 days before.
RECENT, BEFORE = 30, 90


@dataclass(slots=True)
class ActivityDates:
    """The dates that the activity status depends on."""

    first_on: date | None = None
    last_on: date | None = None  # the last active day
    returned_on: date | None = None  # the last return from dormancy

    def record(self, day: date, rules: ActivityRule) -> None:
        """Record an active day. The first one is a return if only others had acted, long before."""
        since = self.last_on or self.first_on
        if since is not None and (day - since).days > rules.cooling:
            self.returned_on = day
        self.last_on = day

    def activity_on(self, day: date, rules: ActivityRule) -> str:
        """Return new, active, cooling, dormant or resurrected, for a day no earlier than the last active one."""
        last = self.last_on or self.first_on
        if last is None or self.first_on is None:
            raise ValueError("There is no activity before the first event.")
        if (day - self.first_on).days <= rules.new:
            return NEW
        if self.returned_on is not None and (day - self.returned_on).days <= rules.resurrected:
            return RESURRECTED
        inactive = (day - last).days
        if inactive <= rules.active:
            return ACTIVE
        return COOLING if inactive <= rules.cooling else DORMANT

    def change_dates(self, rules: ActivityRule) -> Iterator[date]:
        """Yield the days on which the status can change without an event."""
        last = self.last_on or self.first_on
        for since, age in (
            (self.first_on, rules.new),
            (self.returned_on, rules.resurrected),
            (last, rules.active),
            (last, rules.cooling),
        ):
            if since is not None:
                yield since + timedelta(days=age + 1)


@dataclass(slots=True)
class RiskSignals:
    """The facts behind a customer's risk signals."""

    detractor_on: date | None = None
    payment_failed_on: date | None = None
    open_tickets: set[str] = field(default_factory=set)

    def record(self, fact: Fact, rules: RiskRule) -> None:
        """Record a fact; kinds without a risk signal are ignored."""
        for item in fact.items or ():
            props = item["props"]
            match fact.kind:
                case "nps.answered":
                    self.detractor_on = fact.day if props["score"] <= 6 else None
                case "payment.failed":
                    self.payment_failed_on = fact.day
                case ledger.PURCHASE | ledger.SUBSCRIPTION | ledger.RENEWAL if ledger.is_sale(item):
                    self.payment_failed_on = None
                case "support.ticket_opened" if props.get("severity") == rules.severity:
                    self.open_tickets.add(props["external_id"])
                case "support.ticket_closed":
                    self.open_tickets.discard(props["external_id"])

    def active_on(self, day: date, active_days: Sequence[date], rules: RiskRule) -> tuple[str, ...]:
        """Return the names of the signals that are on that day."""
        signals = {
            DETRACTOR: _within(self.detractor_on, day, rules.detractor_days),
            PAYMENT: _within(self.payment_failed_on, day, rules.payment_days),
            TICKET: bool(self.open_tickets),
            HALVED: _halved(day, active_days, rules),
        }
        return tuple(signal for signal, is_active in signals.items() if is_active)

    def change_dates(self, active_days: Sequence[date], rules: RiskRule) -> Iterator[date]:
        """Yield the days on which the signals can change without an event."""
        if self.detractor_on is not None:
            yield self.detractor_on + timedelta(days=rules.detractor_days + 1)
        if self.payment_failed_on is not None:
            yield self.payment_failed_on + timedelta(days=rules.payment_days + 1)
        if len(active_days) >= rules.least_active_days:
            for day in active_days:
                yield day + timedelta(days=RECENT)
                yield day + timedelta(days=RECENT + BEFORE)


def _within(since: date | None, day: date, days: int) -> bool:
    return since is not None and (day - since).days <= days


def _halved(day: date, active_days: Sequence[date], rules: RiskRule) -> bool:
    """Whether the last 30 days had at most half the active days of an average 30 in the 90 days before.

    `active_days` are in order.
    """
    first, middle, last = (
        bisect_right(active_days, day - timedelta(days=age)) for age in (RECENT + BEFORE, RECENT, 0)
    )
    recent, before = last - middle, middle - first
    return before >= rules.least_active_days and 2 * recent * BEFORE <= before * RECENT
