"""How alive a member is, apart from the stage; and the early signs that a customer may leave (rule A1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from .facts import Fact
from .ruleset import ActivityRule, RiskRule

NEW, ACTIVE, COOLING, GONE, RESURRECTED = "new", "active", "cooling", "dormant", "resurrected"

DETRACTOR, PAYMENT, TICKET, HALVED = "detractor", "payment_failed", "severe_ticket", "activity_halved"

# A customer's recent activity is held against their own mean of the 90 days before.
RECENT, BEFORE = 30, 90


@dataclass(slots=True)
class Pulse:
    """The dates that activity depends on."""

    first_on: date | None = None
    last_on: date | None = None  # the last day they did something themselves
    returned_on: date | None = None  # the last day they came back from dormancy

    def beat(self, day: date, rules: ActivityRule) -> None:
        """Take a day on which the member did something."""
        if self.last_on is not None and (day - self.last_on).days > rules.cooling:
            self.returned_on = day
        self.last_on = day

    def activity_on(self, day: date, rules: ActivityRule) -> str:
        """Return new, active, cooling, dormant or resurrected, for a day not before the last beat."""
        last = self.last_on or self.first_on
        if last is None or self.first_on is None:
            raise ValueError("Nobody is active before anything has happened.")
        if (day - self.first_on).days <= rules.new:
            return NEW
        if self.returned_on is not None and (day - self.returned_on).days <= rules.resurrected:
            return RESURRECTED
        silent = (day - last).days
        if silent <= rules.active:
            return ACTIVE
        return COOLING if silent <= rules.cooling else GONE

    def turning_days(self, rules: ActivityRule) -> Iterator[date]:
        """Yield the days on which time alone can change the activity."""
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
class Signs:
    """What a customer's early signs are read from."""

    detractor_on: date | None = None
    payment_failed_on: date | None = None
    open_tickets: set[str] = field(default_factory=set)

    def take(self, fact: Fact, rules: RiskRule) -> None:
        for item in fact.items or ():
            props = item["props"]
            match fact.kind:
                case "nps.answered":
                    self.detractor_on = fact.day if props["score"] <= 6 else None
                case "payment.failed":
                    self.payment_failed_on = fact.day
                case "purchase.completed" | "subscription.renewed":
                    self.payment_failed_on = None
                case "support.ticket_opened" if props.get("severity") == rules.severity:
                    self.open_tickets.add(props["external_id"])
                case "support.ticket_closed":
                    self.open_tickets.discard(props["external_id"])

    def on(self, day: date, active_days: Sequence[date], rules: RiskRule) -> tuple[str, ...]:
        """Return the signs that a customer shows on this day."""
        shown = {
            DETRACTOR: _within(self.detractor_on, day, rules.detractor_days),
            PAYMENT: _within(self.payment_failed_on, day, rules.payment_days),
            TICKET: bool(self.open_tickets),
            HALVED: _halved(day, active_days, rules),
        }
        return tuple(sign for sign, is_shown in shown.items() if is_shown)

    def turning_days(self, active_days: Sequence[date], rules: RiskRule) -> Iterator[date]:
        """Yield the days on which time alone can change the signs."""
        if self.detractor_on is not None:
            yield self.detractor_on + timedelta(days=rules.detractor_days + 1)
        if self.payment_failed_on is not None:
            yield self.payment_failed_on + timedelta(days=rules.payment_days + 1)
        for day in active_days:
            yield day + timedelta(days=RECENT)
            yield day + timedelta(days=RECENT + BEFORE)


def _within(since: date | None, day: date, days: int) -> bool:
    return since is not None and (day - since).days <= days


def _halved(day: date, active_days: Sequence[date], rules: RiskRule) -> bool:
    """Say whether the last 30 days had at most half as many active days as 30 of the 90 before them."""
    ages = [(day - active).days for active in active_days]
    recent = sum(0 <= age < RECENT for age in ages)
    before = sum(RECENT <= age < RECENT + BEFORE for age in ages)
    return before >= rules.least_active_days and 2 * recent * BEFORE <= before * RECENT
