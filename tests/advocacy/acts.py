"""Shorthand for facts in tests of the score, by days ago."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from uuid import UUID

from advocacy.engine.caps import NO_PEERS, Peers
from advocacy.engine.score import Scored, score_member
from journeys.engine.facts import Fact

TODAY = date(2026, 9, 1)
ME = 1

_serial = count(1)


def did(kind: str, n: int = 1, *, ago: int = 0, to: dict[int, int] | None = None) -> Fact:
    """Return `n` acts of a kind on one day; `to` counts them by counterpart."""
    ids = b"".join(UUID(int=next(_serial)).bytes for _ in range(min(n, 10)))
    pairs = {str(member): times for member, times in to.items()} if to else None
    return Fact(TODAY - timedelta(days=ago), kind, n, ids, pairs)


def peer_replies(*roles: str, ago: int = 0, to: dict[str, int] | None = None) -> Fact:
    """Return a day's prospect forum replies; `to` counts them as the rollup does: by counterpart and role."""
    fact = did("prospect.peer_replied", len(roles), ago=ago)._replace(pairs=to)
    ids = [str(UUID(bytes=fact.ids[at : at + 16])) for at in range(0, len(fact.ids), 16)]
    return fact._replace(
        items=[{"id": one, "props": {"role": role}} for one, role in zip(ids, roles, strict=True)]
    )


def answered_nps(*scores: int, ago: int = 0) -> Fact:
    items = [{"id": "", "cents": None, "currency": "", "props": {"score": score}} for score in scores]
    return did("nps.answered", len(scores), ago=ago)._replace(items=items)


def in_order(facts: Sequence[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: (fact.day, fact.kind))


def scored(*facts: Fact, on: date = TODAY, peers: Peers = NO_PEERS) -> Scored | None:
    return score_member(in_order(facts), on, member_id=ME, peers=peers)


def score(*facts: Fact, on: date = TODAY, peers: Peers = NO_PEERS) -> float:
    found = scored(*facts, on=on, peers=peers)
    return float(found.score) if found else 0.0
