"""Fold one member's facts into their complete stage history.

`fold` is a pure function. It ignores days after `as_of`, dates a deadline by the deadline and not by the run,
and processes each day in a fixed order: touch, engagement, purchase, then cancellation or onboarding, then the
deadlines of that day. So activity on the day of a deadline extends it, and a deadline on `as_of` is applied.

The commercial facts and the risk signals of a day are taken in the order of time, then of the log; a lapse belongs
to the purchases, as any of them may continue the subscription.

A stage changes at most once a day: a stage entered and left on the same day gets no row. Conversion is never
skipped: onboarding, an upgrade, further seats or a renewal on the day of the purchase count from the next day.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from . import ledger
from . import sentences as say
from . import stages as at
from .activity import BEFORE, RECENT, ActivityDates, RiskSignals
from .facts import Evidence, Fact, Override, Refusal, Result, Span, one_by_one
from .history import History, Numbers, Reason, make_reason
from .interest import Interest
from .ruleset import Ruleset
from .state import state_of

ONE_DAY = timedelta(days=1)


def fold(
    facts: Iterable[Fact],
    rules: Ruleset,
    *,
    as_of: date,
    spans: Sequence[Span] = (),
    overrides: Sequence[Override] = (),
) -> Result:
    """Return one member's stage history, current state and refused transitions as of a UTC day.

    `facts` must be ordered by (day, kind). `spans` are the periods in which the advocacy score makes the
    member an advocate (rule R6). Overrides change the stage that is shown, not the computed one.
    """
    member = Fold(rules, spans)
    member.add(facts, as_of)
    return member.result(as_of, overrides)


class Deadline(NamedTuple):
    """A day on which the state changes unless an event comes first."""

    day: date
    why: str
    act: Callable[[date], None]


class Fold:
    """The mutable state of one fold: of a member after some of their days."""

    def __init__(self, rules: Ruleset, spans: Sequence[Span]) -> None:
        self.rules = rules
        self.lapses_after = timedelta(days=rules.L1.days)
        self.spans = _with_evidence(spans)
        self.history = History()
        self.refusals: list[Refusal] = []
        self.clock = date.min
        # No deadline is due before this day; what may bring one forward sets it to `date.min`, to find it anew.
        self.quiet_until = date.min
        self.until = date.min  # facts have been added up to this day
        self.stage, self.sub_stage, self.cycle = at.START, "", 0
        self.facets: frozenset[str] = frozenset()
        self.entered = date.min  # the current stage
        self.registered = False
        self.dates = ActivityDates()
        self.signals = RiskSignals()
        self.interest = Interest(rules)
        self.active_days: deque[date] = deque(maxlen=RECENT + BEFORE)  # the latest
        self.last_active: list[Fact] = []
        self.ledger = ledger.Ledger(rules.L2.grace_days)
        # The following are about the current customer cycle.
        self.customer_on = date.min
        self.purchase = Evidence((), 0)
        self.after_purchase: list[Fact] = []
        self.onboarded: Fact | None = None
        self.renewed: Fact | None = None
        self.expansion: tuple[Fact, str] | None = None

    def freeze(self) -> bytes:
        """Return what `thaw` needs to continue from here."""
        kept = vars(self).copy()
        del kept["rules"], kept["spans"], kept["interest"], kept["quiet_until"]
        return pickle.dumps((kept, self.interest.points, self.interest.reads))

    @classmethod
    def thaw(cls, frozen: bytes, rules: Ruleset, spans: Sequence[Span]) -> Fold:
        """Return a fold to continue from there, with the same rules and with spans that are the same until there."""
        new = cls(rules, spans)
        kept, new.interest.points, new.interest.reads = pickle.loads(frozen)  # noqa: S301 - from our own table
        vars(new).update(kept)
        return new

    def add(self, facts: Iterable[Fact], until: date) -> None:
        """Add the facts up to `until` that come after those added before, and apply the deadlines before each day."""
        if self.until > date.min:
            facts = [fact for fact in facts if fact.day > self.until]
        self.until = until
        for day, of_day in groupby(facts, key=itemgetter(0)):
            if day > until:
                break
            if (before := day - ONE_DAY) < self.quiet_until:
                self.clock = before
            else:
                self.apply_deadlines(before)
            self.apply_day(day, list(of_day))

    # One day

    def apply_day(self, day: date, facts: list[Fact]) -> None:
        """Apply the facts of one day, in the fixed order."""
        passive = self.rules.passive
        active = [fact for fact in facts if fact.kind not in passive]
        if active:
            self.dates.record(day, self.rules.activity)
            self.last_active = active
            self.active_days.append(day)
        registrations = () if self.registered else [f for f in facts if f.kind == "member.registered"]
        if registrations:
            self.registered = True
        if self.stage not in at.CUSTOMER:
            if self.stage != at.ENGAGEMENT:
                self._update_discovery(day, facts, active, registrations)
            self._update_interest(day, active)
        if commercial := one_by_one(facts):
            self._apply_commerce(day, commercial)
        if self.stage == at.RELATIONSHIP:
            self._update_facets(day)
        else:
            self._update_onboarding(day, facts, active)

    def _update_discovery(
        self, day: date, facts: list[Fact], active: list[Fact], registrations: Sequence[Fact]
    ) -> None:
        known = at.REGISTERED if self.registered else at.ANONYMOUS
        if self.stage == at.DISCOVERY and (self.sub_stage == known or not (active or registrations)):
            return
        seen = registrations or active or facts
        numbers = {"kind": seen[0].kind}
        if self.stage == at.START:
            self.dates.first_on = day
            why = make_reason("D1", registrations or facts, numbers, say.first_seen)
        else:
            sentence = say.came_back if self.sub_stage == at.DORMANT else say.joined
            why = make_reason("D1", seen, numbers, sentence)
        self._move(day, at.DISCOVERY, known, why)

    def _update_interest(self, day: date, facts: list[Fact]) -> None:
        self.interest.collect(day, facts)
        if self.sub_stage != at.EVALUATING and (why := self.interest.evaluating(facts)):
            self._move(day, at.ENGAGEMENT, at.EVALUATING, why)
        if self.stage != at.ENGAGEMENT and (why := self.interest.exploring(facts)):
            self._move(day, at.ENGAGEMENT, at.EXPLORING, why)

    # Conversion and churn

    def _apply_commerce(self, day: date, facts: list[Fact]) -> None:
        was_customer = self.stage in at.CUSTOMER
        self.quiet_until = date.min
        self.ledger.drop_ended(day)
        for fact in facts:
            self.signals.record(fact, self.rules.A1)
            self._update_ledger(fact)
        ends = [fact for fact in facts if fact.kind in ledger.ENDS]
        last = [fact for fact in ends if self.ledger.refund_or_cancel(fact)]
        if was_customer and last:
            self._churn(day, last[0])
        elif not was_customer and self.ledger.holdings:
            self._convert(day)
        elif not was_customer:
            self._reset_cycle()
            if ends:
                self._refuse(day, "L2", at.ENGAGEMENT)

    def _update_ledger(self, fact: Fact) -> None:
        """Apply a sale, or a change or lapse of a subscription."""
        if fact.kind in self.rules.C1.kinds and self.ledger.buy(fact):
            self.expansion = self.expansion or (fact, "a further product")
        if fact.kind == ledger.LAPSE:
            self.ledger.lapse(fact)
        if fact.kind in ledger.CHANGES and self.ledger.renew(fact):
            self.expansion = self.expansion or (fact, "more seats")
        if fact.kind in self.rules.R4.kinds:
            self.renewed = self.renewed or fact
        if fact.kind in self.rules.R5.kinds:
            self.expansion = self.expansion or (fact, "an upgrade")

    def _convert(self, day: date) -> None:
        holdings = list(self.ledger.holdings.values())
        sub_stage = at.REPURCHASE if self.cycle else at.FIRST_PURCHASE
        first = holdings[0]
        self.cycle += 1
        numbers = {
            "kind": first.fact.kind,
            "cents": sum(one.cents_left for one in holdings if one.currency == first.currency),
            "currency": first.currency,
            "cycle": self.cycle,
        }
        why = make_reason("C1", [one.fact for one in holdings], numbers, say.became_customer)
        self.customer_on, self.purchase = day, why.evidence
        self._move(day, at.CONVERSION, sub_stage, why)
        self.interest.clear()

    def _churn(self, day: date, fact: Fact) -> None:
        numbers: Numbers = {"kind": fact.kind}
        if fact.kind == ledger.LAPSE:
            numbers = {**numbers, "grace_days": self.rules.L2.grace_days}
        self._move(day, at.ENGAGEMENT, at.WIN_BACK, make_reason("L2", [fact], numbers, say.left))
        self._reset_cycle()

    def _expire(self, day: date) -> None:
        if (end := self.ledger.churns_on()) is not None:
            self._churn(day, end[1])

    def _reset_cycle(self) -> None:
        self.ledger.clear()
        self.after_purchase, self.onboarded, self.renewed, self.expansion = [], None, None, None

    # Relationship

    def _update_onboarding(self, day: date, facts: list[Fact], active: list[Fact]) -> None:
        kinds = self.rules.R1.kinds
        onboarded = next((fact for fact in facts if fact.kind in kinds), None)
        if self.stage == at.CONVERSION:
            self.onboarded = self.onboarded or onboarded
            if day > self.customer_on:
                self._check_adoption(day, active)
        elif onboarded:
            self._refuse(day, "R1", at.RELATIONSHIP)

    def _check_adoption(self, day: date, active: list[Fact]) -> None:
        self.after_purchase.extend(active[:1])
        if self.onboarded is not None:
            self._finish_onboarding(day)
        elif len(self.after_purchase) >= self.rules.R2.active_days:
            numbers = {"active_days": len(self.after_purchase)}
            self._enter_relationship(day, make_reason("R2", self.after_purchase, numbers, say.settled_in))

    def _finish_onboarding(self, day: date) -> None:
        if self.onboarded is not None:
            numbers = {"kind": self.onboarded.kind}
            self._enter_relationship(day, make_reason("R1", [self.onboarded], numbers, say.settled_in))

    def _end_onboarding_wait(self, day: date) -> None:
        numbers = {"days": self.rules.R3.days}
        self._enter_relationship(day, make_reason("R3", self.purchase, numbers, say.settled_in))

    def _enter_relationship(self, day: date, why: Reason) -> None:
        self._move(day, at.RELATIONSHIP, at.ADOPTION, why, facets=frozenset({at.ADOPTION}))
        self._update_facets(day)

    def _update_facets(self, day: date) -> None:
        """Add the facets that the customer has reached, and drop advocacy when its span has ended."""
        if at.RETENTION not in self.facets and (why := self._retained(day)):
            self._set_facets(day, self.facets | {at.RETENTION}, why)
        if at.EXPANSION not in self.facets and self.expansion is not None:
            fact, what = self.expansion
            self._set_facets(
                day, self.facets | {at.EXPANSION}, make_reason("R5", [fact], {"what": what}, say.expansion)
            )
        if self.spans:
            self._update_advocacy(day)

    def _update_advocacy(self, day: date) -> None:
        span = next((s for s in self.spans if s.start <= day and (s.end is None or day < s.end)), None)
        if span is not None and at.ADVOCACY not in self.facets:
            self._set_facets(day, self.facets | {at.ADVOCACY}, _advocate(span, {}))
        elif span is None and at.ADVOCACY in self.facets:
            past = max((s for s in self.spans if s.end and s.end <= day), key=lambda s: s.start)
            self._set_facets(day, self.facets - {at.ADVOCACY}, _advocate(past, {"left": True}))

    def _retained(self, day: date) -> Reason | None:
        rule = self.rules.R4
        as_customer = (day - self.customer_on).days
        if self.renewed is not None:
            return make_reason("R4", [self.renewed], {"kind": self.renewed.kind}, say.retention)
        if as_customer < rule.days or not self._active_before(day):
            return None
        numbers = {"days": as_customer, "active_within": rule.active_within}
        return make_reason("R4", self.last_active, numbers, say.retention)

    def _active_before(self, day: date) -> bool:
        last = self.dates.last_on
        return last is not None and (day - last).days <= self.rules.R4.active_within

    # Deadlines

    def apply_deadlines(self, until: date) -> Deadline | None:
        """Apply every deadline up to and including this day, each on its own date; return the next one."""
        while (deadline := self.next_deadline()) is not None and deadline.day <= until:
            self.clock = deadline.day
            deadline.act(deadline.day)
        self.clock = max(self.clock, until)
        self.quiet_until = deadline.day if deadline else date.max
        if self.stage == at.RELATIONSHIP and at.RETENTION not in self.facets:
            self.quiet_until = min(self.quiet_until, self._retained_from())
        return deadline

    def next_deadline(self) -> Deadline | None:
        """Return the next deadline. On the same day, the one that ends a relationship comes first."""
        return min(self._deadlines(), key=lambda deadline: deadline.day, default=None)

    def _deadlines(self) -> list[Deadline]:
        if self.stage == at.DISCOVERY:
            return []
        if self.stage == at.ENGAGEMENT:
            return [Deadline(self._lapses_on(), "L1", self._lapse)]
        found: list[Deadline] = []
        if self.stage in at.CUSTOMER and (end := self.ledger.churns_on()) is not None:
            found.append(Deadline(end[0], "L2", self._expire))
        if self.stage == at.CONVERSION:
            if self.onboarded is not None:
                found.append(Deadline(self.customer_on + ONE_DAY, "R1", self._finish_onboarding))
            else:
                wait = timedelta(days=self.rules.R3.days)
                found.append(Deadline(self.customer_on + wait, "R3", self._end_onboarding_wait))
        if self.stage == at.RELATIONSHIP:
            found.extend(self._facet_deadlines())
        return found

    def _lapses_on(self) -> date:
        return max(self.entered, self.dates.last_on or self.entered) + self.lapses_after

    def _facet_deadlines(self) -> list[Deadline]:
        days = {(span.start, "R6") for span in self.spans} | {(s.end, "R6") for s in self.spans if s.end}
        due = self._retained_from()
        if at.RETENTION not in self.facets and self._active_before(due):
            days.add((due, "R4"))
        return [Deadline(day, why, self._update_facets) for day, why in sorted(days) if day > self.clock]

    def _retained_from(self) -> date:
        return self.customer_on + timedelta(days=self.rules.R4.days)

    def _lapse(self, day: date) -> None:
        last = self.history.rows[-1]
        found = self.last_active or Evidence(last.evidence, last.evidence_n)
        self._move(
            day, at.DISCOVERY, at.DORMANT, make_reason("L1", found, {"days": self.rules.L1.days}, say.lapsed)
        )

    # Transitions

    def _move(
        self, day: date, stage: str, sub_stage: str, why: Reason, *, facets: frozenset[str] = frozenset()
    ) -> None:
        """Change stage, sub-stage or facets, and add the history row with the reason."""
        if not at.may_follow(self.stage, stage):
            self._refuse(day, why.rule, stage)
            return
        if stage != self.stage:
            self.entered = day
        self.quiet_until = date.min
        self.stage, self.sub_stage, self.facets = stage, sub_stage, facets
        self.history.add(day, (stage, sub_stage, facets, self.cycle), why)

    def _set_facets(self, day: date, facets: frozenset[str], why: Reason) -> None:
        self._move(day, at.RELATIONSHIP, at.highest(facets), why, facets=facets)

    def _refuse(self, day: date, rule: str, stage: str) -> None:
        self.refusals.append(Refusal(day, rule, self.stage, stage))

    # Result

    def result(self, as_of: date, overrides: Sequence[Override]) -> Result:
        """Return the result as of a day, after applying the deadlines up to that day."""
        deadline = self.apply_deadlines(as_of)
        rows = self.history.rows
        if not rows or self.dates.first_on is None:
            return Result()
        is_customer = self.stage in at.CUSTOMER
        state = state_of(
            rows[-1],
            since=self.entered,
            customer_since=self.customer_on if is_customer else None,
            dates=self.dates,
            signals=self.signals if is_customer else None,
            active_days=self.active_days,
            deadline=(deadline.day, deadline.why) if deadline else None,
            overrides=overrides,
            rules=self.rules,
            as_of=as_of,
        )
        return Result(tuple(rows), state, tuple(self.refusals))


def _with_evidence(spans: Sequence[Span]) -> list[Span]:
    return [span for span in spans if span.evidence]


def _advocate(span: Span, numbers: Numbers) -> Reason:
    return make_reason("R6", Evidence(span.evidence[:10], len(span.evidence)), numbers, say.advocacy)
