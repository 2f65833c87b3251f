"""The input and output types of the fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

EVIDENCE_MOST = 10
_ID_BYTES = 16


class Fact(NamedTuple):
    """A member's events of one kind on one UTC day: a row of the rollup.

    `ids` holds the first ten event ids of the day, 16 bytes each. `pairs` counts the events per counterpart,
    for events that have one: keys are `member id`, or `member id:role` where the event has a role. `items` has
    one mapping per event, only for the kinds in `rollup.DETAILED`: id, cents, currency, props, at (microseconds
    since midnight UTC), log (the position in the event log). Ids and items are ordered by time, then by the
    log. Rows that were rolled up before items had `at` and `log` lack both.
    """

    day: date
    kind: str
    n: int
    ids: bytes = b""
    pairs: Mapping[str, int] | None = None
    items: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A period in which a member is an advocate (rule R6). `end` is exclusive."""

    start: date
    end: date | None
    evidence: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Advocacy:
    """A member's advocacy as of a day.

    `next_due` is the next date on which the score's band or a span changes without an event. `detail` is
    opaque to the engine, which passes it back to `AdvocacySource.store`, and so is `frozen`, the state before the day
    `keep` of a `Split`.
    """

    spans: tuple[Span, ...] = ()
    next_due: date | None = None
    next_due_why: str = ""
    detail: Any = None
    frozen: bytes = b""


NO_ADVOCACY = Advocacy()


class Split(NamedTuple):
    """The state of a member's advocacy to continue from, if any, and the day before which to freeze it, if any."""

    start: bytes = b""
    keep: date | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A stage set manually, shown instead of the computed one. `expires_on` is exclusive."""

    stage: str
    mode: str  # pin | floor
    starts_on: date
    expires_on: date

    def is_live(self, day: date) -> bool:
        return self.starts_on <= day < self.expires_on


class Row(NamedTuple):
    """One row of the stage history; open while `exited_on` is None."""

    seq: int
    prev: str
    stage: str
    sub_stage: str
    facets: tuple[str, ...]
    cycle: int
    effective_on: date
    exited_on: date | None
    rule: str
    evidence: tuple[UUID, ...]
    evidence_n: int
    facts: Mapping[str, Any]
    sentence: str


class Refusal(NamedTuple):
    """A transition that a rule asked for and `stages.ALLOWED` forbids. Not an error: kept to explain it."""

    day: date
    rule: str
    prev: str
    stage: str


class State(NamedTuple):
    """The member's stage as of a day, and the next date on which it changes without an event."""

    stage: str
    sub_stage: str
    facets: tuple[str, ...]
    cycle: int
    stage_since: date
    first_on: date
    last_active_on: date | None
    customer_since: date | None
    activity: str
    risks: tuple[str, ...]
    shown_stage: str
    next_due: date | None
    next_due_why: str

    @property
    def at_risk(self) -> bool:
        """Whether at least two risk signals are on at once (rule A1)."""
        return len(self.risks) >= 2


@dataclass(frozen=True, slots=True)
class Result:
    """The history and state of one member; `state` is None when there are no facts."""

    rows: tuple[Row, ...] = ()
    state: State | None = None
    refusals: tuple[Refusal, ...] = ()


def one_by_one(facts: Iterable[Fact]) -> list[Fact]:
    """Return a fact per item of these facts of one day, ordered by time, then by the log.

    Items without a time keep their order.
    """
    pairs = [(item, fact) for fact in facts if fact.items for item in fact.items]
    if not pairs:
        return []
    pairs.sort(key=lambda pair: (pair[0].get("at", 0), pair[0].get("log", [])))
    return [fact._replace(n=1, ids=id_of(item), pairs=None, items=[item]) for item, fact in pairs]


def id_of(item: Mapping[str, Any]) -> bytes:
    """Return an item's event id as `Fact.ids` holds it."""
    return bytes.fromhex(str(item["id"]).replace("-", ""))


class Evidence(NamedTuple):
    ids: tuple[UUID, ...]
    n: int


def evidence_of(facts: Iterable[Fact]) -> Evidence:
    """Return the first ten event ids of these facts, in their order, and the total number of events."""
    ids: dict[bytes, None] = {}
    n = 0
    for fact in facts:
        n += fact.n
        for start in range(0, len(fact.ids), _ID_BYTES):
            if len(ids) == EVIDENCE_MOST:
                break
            ids[fact.ids[start : start + _ID_BYTES]] = None
    return Evidence(tuple(UUID(bytes=one) for one in ids), n)


def merge(first: Evidence, second: Evidence) -> Evidence:
    """Return both without duplicates, the ids of the first one in front."""
    ids = tuple(dict.fromkeys(first.ids + second.ids))
    return Evidence(ids[:EVIDENCE_MOST], max(first.n + second.n, len(ids)))


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event from the log, as input of the rollup in Python."""

    event_id: UUID
    member_id: int
    day: date
    microsecond: int  # since midnight UTC
    name: str
    counterpart_id: int | None = None
    cents: int | None = None
    currency: str = ""
    props: Mapping[str, Any] = field(default_factory=dict)
    log: tuple[int, int, int] = (0, 0, 0)  # (epoch, xid, seq): orders the events of one microsecond
