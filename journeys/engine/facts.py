"""What goes into the fold and what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

EVIDENCE_MOST = 10
_ID_BYTES = 16


class Fact(NamedTuple):
    """What one member did of one kind on one UTC day: a row of the rollup.

    `ids` holds the first ten event ids of the day, 16 bytes each, in order of time. `pairs` counts the
    events per member at the other end (their id as text), for events that have one. `items` holds one
    mapping per event, of the kinds in `rollup.DETAILED` only: id, cents, currency, props.
    """

    day: date
    kind: str
    n: int
    ids: bytes = b""
    pairs: Mapping[str, int] | None = None
    items: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a member counts as an advocate (rule R6). `end` is the first day that they do not."""

    start: date
    end: date | None
    evidence: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the advocacy score says of one member as of a day.

    `next_due` is the next date on which time alone changes the score's band or a span. `detail` is the
    source's own: the engine hands it back when the standing is stored.
    """

    spans: tuple[Span, ...] = ()
    next_due: date | None = None
    next_due_why: str = ""
    detail: Any = None


NO_STANDING = Standing()


@dataclass(frozen=True, slots=True)
class Override:
    """A stage set by hand, shown beside the computed one. `expires_on` is the first day it is not."""

    stage: str
    mode: str  # pin | floor
    starts_on: date
    expires_on: date

    def holds(self, day: date) -> bool:
        return self.starts_on <= day < self.expires_on


@dataclass(frozen=True, slots=True)
class Row:
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """A move that a rule asked for and the allowed edges forbid; a normal result, kept to be explained."""

    day: date
    rule: str
    prev: str
    stage: str


@dataclass(frozen=True, slots=True)
class State:
    """Where the member stands as of a day, and when time alone will change that."""

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
        """Two early signs at once make a customer at risk (rule A1)."""
        return len(self.risks) >= 2


@dataclass(frozen=True, slots=True)
class Result:
    """The whole story of one member; `state` is None for somebody nothing is known of."""

    rows: tuple[Row, ...] = ()
    state: State | None = None
    refusals: tuple[Refusal, ...] = ()


class Evidence(NamedTuple):
    ids: tuple[UUID, ...]
    n: int


def evidence_of(facts: Iterable[Fact]) -> Evidence:
    """Return the first ten event ids of these facts, in their order, and how many events there are."""
    ids: dict[bytes, None] = {}
    n = 0
    for fact in facts:
        n += fact.n
        for start in range(0, len(fact.ids), _ID_BYTES):
            if len(ids) == EVIDENCE_MOST:
                break
            ids[fact.ids[start : start + _ID_BYTES]] = None
    return Evidence(tuple(UUID(bytes=one) for one in ids), n)


def joined(first: Evidence, second: Evidence) -> Evidence:
    """Return both, the first one's ids in front, none twice."""
    ids = tuple(dict.fromkeys(first.ids + second.ids))
    return Evidence(ids[:EVIDENCE_MOST], max(first.n + second.n, len(ids)))


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event as the log has it, for the rollup in Python."""

    event_id: UUID
    member_id: int
    day: date
    second: float  # of the day: orders the events of one day
    name: str
    counterpart_id: int | None = None
    cents: int | None = None
    currency: str = ""
    props: Mapping[str, Any] = field(default_factory=dict)
