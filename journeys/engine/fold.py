"""The fold: one member's facts in, the whole history of their stages out.

`fold` is a pure function. It never looks at a day later than `as_of`, a deadline carries its own date and
not that of the run, and the order within one day is fixed: touch, engagement, purchase, then cancellation or
onboarding, then the deadlines of that day. So activity on the very day of a deadline renews it, and at the
as-of date itself a deadline counts.

Stages change at most once a day. What would be entered and left on one day leaves no row, except that nobody
skips conversion: onboarding on the day of the purchase takes effect on the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from . import ledger as bought
from . import sentences as say
from . import stages as at
from .activity import Pulse, Signs
from .facts import Evidence, Fact, Override, Refusal, Result, Span
from .history import History, Numbers, Reason, because
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
    """Return the stage history, the present state and the refused moves of one member as of a UTC day.

    `facts` must be ordered by (day, kind). `spans` are the times in which the advocacy score makes the
    member an advocate (rule R6). Overrides change only what is shown, never what is computed.
    """
    member = _Member(rules, spans)
    for day, of_day in groupby(facts, key=lambda fact: fact.day):
        if day > as_of:
            break
        member.settle(day - ONE_DAY)
        member.take(day, list(of_day))
    member.settle(as_of)
    return member.result(as_of, overrides)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day on which time alone changes something, unless something happens first."""

    day: date
    why: str
    act: Callable[[date], None]


class _Member:
    """Where one member has got to; lives for one fold."""

    def __init__(self, rules: Ruleset, spans: Sequence[Span]) -> None:
        self.rules = rules
        self.spans = [span for span in spans if span.evidence]
        self.history = History()
        self.refusals: list[Refusal] = []
        self.clock = date.min
        self.stage, self.sub_stage, self.cycle = at.START, "", 0
        self.facets: frozenset[str] = frozenset()
        self.entered = date.min  # the present stage
        self.registered = False
        self.pulse = Pulse()
        self.signs = Signs()
        self.interest = Interest(rules)
        self.active_days: list[date] = []
        self.last_active: list[Fact] = []
        self.ledger = bought.Ledger(rules.L2.grace_days)
        self.customer_on = date.min  # of this cycle, as all that follows
        self.purchase = Evidence((), 0)
        self.after_purchase: list[Fact] = []
        self.onboarded: Fact | None = None
        self.renewed: Fact | None = None
        self.grown: tuple[Fact, str] | None = None

    # A day

    def take(self, day: date, facts: list[Fact]) -> None:
        """Take what happened on one day, in the fixed order."""
        active = [fact for fact in facts if fact.kind not in self.rules.passive]
        commercial = [fact for fact in facts if fact.items]
        self._touch(day, facts, active)
        if self.stage not in at.CUSTOMER:
            self._engage(day, facts)
        if commercial:
            self._trade(day, commercial)
        self._live_with_it(day, facts, active)

    def _touch(self, day: date, facts: list[Fact], active: list[Fact]) -> None:
        if self.pulse.first_on is None:
            self.pulse.first_on = day
        if active:
            self.pulse.beat(day, self.rules.activity)
            self.last_active = active
            self.active_days.append(day)
        joined_us = [] if self.registered else [fact for fact in facts if fact.kind == "member.registered"]
        self.registered = self.registered or bool(joined_us)
        if self.stage not in (at.START, at.DISCOVERY):
            return
        known = at.REGISTERED if self.registered else at.ANONYMOUS
        seen = joined_us or active or facts
        numbers = {"kind": seen[0].kind}
        if self.stage == at.START:
            self._move(day, at.DISCOVERY, known, because("D1", joined_us or facts, numbers, say.first_seen))
        elif (active or joined_us) and self.sub_stage != known:
            words = say.came_back if self.sub_stage == at.DORMANT else say.joined
            self._move(day, at.DISCOVERY, known, because("D1", seen, numbers, words))

    def _engage(self, day: date, facts: list[Fact]) -> None:
        self.interest.collect(day, facts)
        if self.sub_stage != at.EVALUATING and (why := self.interest.evaluating(facts)):
            self._move(day, at.ENGAGEMENT, at.EVALUATING, why)
        if self.stage != at.ENGAGEMENT and (why := self.interest.exploring(facts)):
            self._move(day, at.ENGAGEMENT, at.EXPLORING, why)

    # Conversion, and the way out

    def _trade(self, day: date, facts: list[Fact]) -> None:
        was_customer = self.stage in at.CUSTOMER
        self.ledger.drop_ended(day)
        for fact in facts:
            self.signs.take(fact, self.rules.A1)
            if fact.kind in self.rules.C1.kinds and self.ledger.buy(fact):
                self.grown = self.grown or (fact, "a further product")
        if was_customer:
            self._change_terms(facts)
        gone = [f for f in facts if f.kind in (bought.REFUND, bought.CANCEL) and self.ledger.take_back(f)]
        if was_customer and gone:
            self._leave(day, gone[0])
        elif not was_customer and self.ledger.holdings:
            self._convert(day)
        elif not was_customer:
            self._forget_cycle()
            if gone:
                self._refuse(day, "L2", at.ENGAGEMENT)

    def _change_terms(self, facts: list[Fact]) -> None:
        for fact in facts:
            if fact.kind == bought.LAPSE:
                self.ledger.lapse(fact)
            if fact.kind in bought.CHANGES and self.ledger.renew(fact):
                self.grown = self.grown or (fact, "more seats")
            if fact.kind in self.rules.R4.kinds:
                self.renewed = self.renewed or fact
            if fact.kind in self.rules.R5.kinds:
                self.grown = self.grown or (fact, "an upgrade")

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
        why = because("C1", [one.fact for one in holdings], numbers, say.became_customer)
        self.customer_on, self.purchase = day, why.evidence
        self._move(day, at.CONVERSION, sub_stage, why)

    def _leave(self, day: date, fact: Fact) -> None:
        numbers: Numbers = {"kind": fact.kind}
        if fact.kind == bought.LAPSE:
            numbers = {**numbers, "grace_days": self.rules.L2.grace_days}
        self._move(day, at.ENGAGEMENT, at.WIN_BACK, because("L2", [fact], numbers, say.left))
        self._forget_cycle()
        self.interest.clear()

    def _not_renewed(self, day: date) -> None:
        if (end := self.ledger.leaves_on()) is not None:
            self._leave(day, end[1])

    def _forget_cycle(self) -> None:
        self.ledger.clear()
        self.after_purchase, self.onboarded, self.renewed, self.grown = [], None, None, None

    # Relationship

    def _live_with_it(self, day: date, facts: list[Fact], active: list[Fact]) -> None:
        if self.stage == at.RELATIONSHIP:
            self._update_facets(day)
            return
        onboarded = next((fact for fact in facts if fact.kind in self.rules.R1.kinds), None)
        if self.stage == at.CONVERSION:
            self.onboarded = self.onboarded or onboarded
            if day > self.customer_on:
                self._settle_in(day, active)
        elif onboarded:
            self._refuse(day, "R1", at.RELATIONSHIP)

    def _settle_in(self, day: date, active: list[Fact]) -> None:
        self.after_purchase.extend(active[:1])
        if self.onboarded is not None:
            self._finish_onboarding(day)
        elif len(self.after_purchase) >= self.rules.R2.active_days:
            numbers = {"active_days": len(self.after_purchase)}
            self._settled(day, because("R2", self.after_purchase, numbers, say.settled_in))

    def _finish_onboarding(self, day: date) -> None:
        if self.onboarded is not None:
            numbers = {"kind": self.onboarded.kind}
            self._settled(day, because("R1", [self.onboarded], numbers, say.settled_in))

    def _wait_is_over(self, day: date) -> None:
        numbers = {"days": self.rules.R3.days}
        self._settled(day, because("R3", self.purchase, numbers, say.settled_in))

    def _settled(self, day: date, why: Reason) -> None:
        self._move(day, at.RELATIONSHIP, at.ADOPTION, why, facets=frozenset({at.ADOPTION}))
        self._update_facets(day)

    def _update_facets(self, day: date) -> None:
        """Add what the customer has come to hold, and drop advocacy when its span is over."""
        if at.RETENTION not in self.facets and (why := self._retained(day)):
            self._hold(day, self.facets | {at.RETENTION}, why)
        if at.EXPANSION not in self.facets and self.grown is not None:
            fact, what = self.grown
            self._hold(day, self.facets | {at.EXPANSION}, because("R5", [fact], {"what": what}, say.grows))
        span = next((s for s in self.spans if s.start <= day and (s.end is None or day < s.end)), None)
        if span is not None and at.ADVOCACY not in self.facets:
            self._hold(day, self.facets | {at.ADVOCACY}, _advocate(span, {}))
        elif span is None and at.ADVOCACY in self.facets:
            past = max((s for s in self.spans if s.end and s.end <= day), key=lambda s: s.start)
            self._hold(day, self.facets - {at.ADVOCACY}, _advocate(past, {"left": True}))

    def _retained(self, day: date) -> Reason | None:
        rule = self.rules.R4
        as_customer = (day - self.customer_on).days
        if self.renewed is not None:
            return because("R4", [self.renewed], {"kind": self.renewed.kind}, say.stays)
        if as_customer < rule.days or not self._active_before(day):
            return None
        numbers = {"days": as_customer, "active_within": rule.active_within}
        return because("R4", self.last_active, numbers, say.stays)

    def _active_before(self, day: date) -> bool:
        last = self.pulse.last_on
        return last is not None and (day - last).days <= self.rules.R4.active_within

    # Time

    def settle(self, until: date) -> None:
        """Let every deadline up to and including this day take effect on its own date."""
        if not self._is_quiet(until):
            while (deadline := self.next_deadline()) is not None and deadline.day <= until:
                self.clock = deadline.day
                deadline.act(deadline.day)
        self.clock = max(self.clock, until)

    def _is_quiet(self, until: date) -> bool:
        """Say cheaply that nothing is due; when in doubt, no."""
        if self.stage == at.ENGAGEMENT:
            return until < self._lapses_on()
        if self.stage == at.RELATIONSHIP:
            return at.RETENTION in self.facets and not self.spans and not self.ledger.ending
        return self.stage == at.DISCOVERY

    def next_deadline(self) -> Deadline | None:
        """Return the first thing that time alone will do. Of one day, what ends a relationship goes first."""
        return min(self._deadlines(), key=lambda deadline: deadline.day, default=None)

    def _deadlines(self) -> list[Deadline]:
        if self.stage == at.DISCOVERY:
            return []
        if self.stage == at.ENGAGEMENT:
            return [Deadline(self._lapses_on(), "L1", self._lapse)]
        found: list[Deadline] = []
        if self.stage in at.CUSTOMER and (end := self.ledger.leaves_on()) is not None:
            found.append(Deadline(end[0], "L2", self._not_renewed))
        if self.stage == at.CONVERSION:
            if self.onboarded is not None:
                found.append(Deadline(self.customer_on + ONE_DAY, "R1", self._finish_onboarding))
            else:
                wait = timedelta(days=self.rules.R3.days)
                found.append(Deadline(self.customer_on + wait, "R3", self._wait_is_over))
        if self.stage == at.RELATIONSHIP:
            found.extend(self._facet_days())
        return found

    def _lapses_on(self) -> date:
        silent_since = max(self.entered, self.pulse.last_on or self.entered)
        return silent_since + timedelta(days=self.rules.L1.days)

    def _facet_days(self) -> list[Deadline]:
        days = {(span.start, "R6") for span in self.spans} | {(s.end, "R6") for s in self.spans if s.end}
        due = self.customer_on + timedelta(days=self.rules.R4.days)
        if at.RETENTION not in self.facets and self._active_before(due):
            days.add((due, "R4"))
        return [Deadline(day, why, self._update_facets) for day, why in sorted(days) if day > self.clock]

    def _lapse(self, day: date) -> None:
        last = self.history.rows[-1]
        found = self.last_active or Evidence(last.evidence, last.evidence_n)
        self._move(
            day, at.DISCOVERY, at.DORMANT, because("L1", found, {"days": self.rules.L1.days}, say.lapsed)
        )

    # Moves

    def _move(
        self, day: date, stage: str, sub_stage: str, why: Reason, *, facets: frozenset[str] = frozenset()
    ) -> None:
        """Go to a stage (or change sub-stage or facets), and write the row that says why."""
        if not at.may_follow(self.stage, stage):
            self._refuse(day, why.rule, stage)
            return
        if stage != self.stage:
            self.entered = day
        self.stage, self.sub_stage, self.facets = stage, sub_stage, facets
        self.history.add(day, (stage, sub_stage, facets, self.cycle), why)

    def _hold(self, day: date, facets: frozenset[str], why: Reason) -> None:
        self._move(day, at.RELATIONSHIP, at.highest(facets), why, facets=facets)

    def _refuse(self, day: date, rule: str, stage: str) -> None:
        self.refusals.append(Refusal(day, rule, self.stage, stage))

    # The end

    def result(self, as_of: date, overrides: Sequence[Override]) -> Result:
        rows = self.history.rows
        if not rows or self.pulse.first_on is None:
            return Result()
        is_customer = self.stage in at.CUSTOMER
        deadline = self.next_deadline()
        state = state_of(
            rows[-1],
            since=self.entered,
            customer_since=self.customer_on if is_customer else None,
            pulse=self.pulse,
            signs=self.signs if is_customer else None,
            active_days=self.active_days,
            deadline=(deadline.day, deadline.why) if deadline else None,
            overrides=overrides,
            rules=self.rules,
            as_of=as_of,
        )
        return Result(tuple(rows), state, tuple(self.refusals))


def _advocate(span: Span, numbers: Numbers) -> Reason:
    return because("R6", Evidence(span.evidence[:10], len(span.evidence)), numbers, say.speaks_for_us)
