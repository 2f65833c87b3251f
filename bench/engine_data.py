"""The data of `make bench ENGINE=1`: members and an event log with a heavy tail, written by COPY."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from bench import people
from bench.bulk import copy_rows, next_key, renumber
from bench.texts import by_power_law
from community.events.services.partitions import ensure_months
from community.members.models import Member

DAYS = 3 * 365
EVENTS_PER_TRANSACTION = 10_000
_COLUMNS = (
    "event_id, occurred_at, name, member_id, actor_id, actor_role, counterpart_id, object_type, object_id, channel, "
    "value_cents, currency, props, source, backfill, retract_reason"
)


@dataclass(frozen=True)
class Size:
    members: int = 50_000
    events: int = 3_000_000


class Kind(NamedTuple):
    """An event that members cause on any day: its share, payload, and whether another member is involved."""

    name: str
    weight: int
    payload: str
    has_counterpart: bool = False


KINDS = (
    Kind("visit.day", 22, "{}"),
    Kind("topic.viewed", 28, "{}"),
    Kind("search.performed", 5, '{"query": "grinder", "results": 12}'),
    Kind("pricing.viewed", 2, "{}"),
    Kind("reply.created", 14, '{"words": 40, "is_answer": true, "topic_id": 1}', True),
    Kind("helpful_vote.received", 9, '{"topic_id": 1}', True),
    Kind("vote.given", 8, '{"topic_id": 1, "value": 1}', True),
    Kind("reaction.received", 5, '{"type": "like", "topic_id": 1}', True),
    Kind("topic.created", 2, '{"title": "A question", "category": "talk", "kind": "discussion"}'),
    Kind("answer.accepted", 2, '{"topic_id": 1, "minutes": 60}', True),
    Kind("prospect.peer_replied", 1, '{"role": "replier"}', True),
    Kind("feature.adopted", 1, '{"feature": "boiler"}'),
    Kind("referral.registered", 1, "{}", True),
)
# Share of the members who buy.
CUSTOMERS = 0.35


class Row(NamedTuple):
    at: datetime
    name: str
    member_id: int
    counterpart_id: int | None = None
    cents: int | None = None
    payload: str = "{}"


def fill(size: Size) -> None:
    """Write members who joined over three years, and events in the order in which they happened."""
    chance = random.Random(1)  # noqa: S311
    today = datetime.now(UTC).date()
    joined = _members(size.members, chance, today)
    ensure_months(_midnight(today - timedelta(day)) for day in range(DAYS + 1))
    events = _events(size, joined, chance, today)
    while rows := list(islice(events, EVENTS_PER_TRANSACTION)):
        _copy(rows, chance)


def _members(count: int, chance: random.Random, today: date) -> dict[int, int]:
    """Write the members; return the day on which each joined, counted from the first one."""
    first = next_key(Member)
    joined = {key: int(DAYS * chance.random() ** 2) for key in range(first, first + count)}
    copy_rows(
        Member(
            pk=key,
            username=f"engine-{key}",
            email=f"engine-{key}@example.com",
            display_name=f"Member {key}",
            password=people.NO_PASSWORD,
            joined_at=_midnight(today - timedelta(DAYS - day)),
        )
        for key, day in joined.items()
    )
    renumber(Member)
    return joined


def _events(size: Size, joined: dict[int, int], chance: random.Random, today: date) -> Iterator[Row]:
    members = list(joined)
    chance.shuffle(members)
    tail = by_power_law(len(members), flat=20)
    weights = [kind.weight for kind in KINDS]
    commerce = _commerce(joined, chance, today)
    left = size.events - sum(map(len, commerce.values()))
    for number in range(DAYS):
        day = today - timedelta(DAYS - number)
        rows = commerce.get(day, [])
        wanted = left // (DAYS - number)
        left -= wanted
        while wanted > 0:
            # A session: some things that one member does on one day.
            (member,) = chance.choices(members, cum_weights=tail)
            if joined[member] > number:
                continue
            length = min(1 + int(chance.expovariate(0.5)), wanted)
            wanted -= length
            for kind in chance.choices(KINDS, weights, k=length):
                rows.append(_row(kind, member, members, chance, day))
        rows.sort(key=attrgetter("at"))
        yield from rows


def _row(kind: Kind, member: int, members: list[int], chance: random.Random, day: date) -> Row:
    other = chance.choice(members) if kind.has_counterpart else None
    return Row(
        _moment(chance, day), kind.name, member, other if other != member else None, None, kind.payload
    )


def _commerce(joined: dict[int, int], chance: random.Random, today: date) -> dict[date, list[Row]]:
    """Return the orders, subscriptions, tickets and survey answers of the customers, by day."""
    found: dict[date, list[Row]] = {}

    def add(number: float, name: str, member: int, cents: int | None = None, **payload: object) -> None:
        if number < DAYS:
            day = today - timedelta(DAYS - int(number))
            row = Row(_moment(chance, day), name, member, None, cents, json.dumps(payload))
            found.setdefault(day, []).append(row)

    for member, since in joined.items():
        if chance.random() >= CUSTOMERS:
            continue
        bought = since + chance.expovariate(1 / 60)
        for order in range(1 + int(chance.expovariate(1))):
            product = chance.choice(("duo", "solo", "grinder"))
            add(
                bought,
                "purchase.completed",
                member,
                49_900,
                external_id=f"o-{member}-{order}",
                products=[product],
            )
            add(bought + 3, "onboarding.step_done", member, step="unpacked")
            if chance.random() < 0.05:
                add(bought + 20, "purchase.refunded", member, external_id=f"o-{member}-{order}", full=True)
            bought += chance.expovariate(1 / 200)
        if chance.random() < 0.3:
            subscription = f"s-{member}"
            add(bought, "subscription.started", member, 1_900, external_id=subscription, seats=3)
            for month in range(int(chance.expovariate(1 / 12))):
                add(
                    bought + 30 * month,
                    "subscription.renewed",
                    member,
                    1_900,
                    external_id=subscription,
                    seats=3,
                )
            ends = chance.choice(("subscription.cancelled", "subscription.lapsed", "subscription.upgraded"))
            add(bought + chance.expovariate(1 / 300), ends, member, external_id=subscription)
        if chance.random() < 0.3:
            ticket = f"t-{member}"
            add(bought + 10, "support.ticket_opened", member, external_id=ticket)
            add(bought + 12, "support.ticket_closed", member, external_id=ticket)
        if chance.random() < 0.4:
            add(bought + 40, "nps.answered", member, score=chance.choice((3, 7, 8, 9, 10, 10)))
    return found


def _moment(chance: random.Random, day: date) -> datetime:
    return _midnight(day) + timedelta(seconds=chance.randrange(86_400))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _copy(rows: list[Row], chance: random.Random) -> None:
    """Write events in one transaction."""
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy(f"COPY event ({_COLUMNS}) FROM STDIN") as stream,
    ):
        for row in rows:
            event_id = UUID(int=chance.getrandbits(128), version=4)
            currency = "EUR" if row.cents else ""
            fixed = ("forum.post", 1, "community", row.cents, currency, row.payload, "bench", False, "")
            stream.write_row(
                (
                    event_id,
                    row.at,
                    row.name,
                    row.member_id,
                    row.member_id,
                    "member",
                    row.counterpart_id,
                    *fixed,
                )
            )
