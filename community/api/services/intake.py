"""Taking facts in: each exactly once, however often and from however many sides at once it arrives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from community.api.models import EventKey, SetAside, WaitingEvent
from community.events.catalogue import EventName
from community.events.services import Draft, record_all
from community.events.services.recording import CLOCK_SKEW

from .arrivals import Arrival, Malformed
from .matching import Match, learn, matches
from .reading import Read

Status = Literal["accepted", "duplicate", "conflict", "quarantined", "rejected"]

WAITS = "Waits until the person or the company is known here."
OTHER_CONTENT = "The same id came before with other content; the first one counts."
LATER = "The time lay in the future and was set to now."

# In order of id, so that two calls with the same facts wait for each other instead of for ever.
_TAKE = """
  INSERT INTO event_key (event_id, occurred_at, first_seen, digest)
  SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::text[]) AS k(id) ORDER BY id
  ON CONFLICT (event_id) DO NOTHING RETURNING event_id
"""


@dataclass(frozen=True)
class Answer:
    """What became of one fact; `matched` is false when it waits for somebody."""

    source_event_id: str
    status: Status
    reason: str = ""
    matched: bool = True


@transaction.atomic
def take_in(arrivals: Sequence[Read], *, dry_run: bool = False) -> list[Answer]:
    """Take in what is new, and answer for each. The same fact again is a duplicate; other content, a conflict.

    With `dry_run` nothing is written and the answers are those that would be given.
    """
    firsts: dict[UUID, Arrival] = {}
    for arrival in arrivals:
        if isinstance(arrival, Arrival) and not arrival.doubt:
            firsts.setdefault(arrival.event_id, arrival)
    new = _unseen(firsts.values()) if dry_run else _take(firsts.values())
    known = dict(EventKey.objects.filter(event_id__in=firsts.keys() - new).values_list("event_id", "digest"))
    owners = _owners([firsts[key] for key in firsts if key in new])
    answers = []
    for arrival in arrivals:
        answers.append(_answer(arrival, new, known, owners))
        if isinstance(arrival, Arrival) and not arrival.doubt:
            # The next one with this id, in the same call, comes after this one.
            known.setdefault(arrival.event_id, arrival.digest)
            new.discard(arrival.event_id)
    if not dry_run:
        _set_aside(arrivals, answers)
        _keep([(firsts[key], match) for key, match in owners.items()])
    return answers


def _take(arrivals: Iterable[Arrival]) -> set[UUID]:
    rows = [(arrival.event_id, arrival.occurred_at, arrival.digest) for arrival in arrivals]
    if not rows:
        return set()
    ids, times, digests = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [ids, times, [timezone.now()] * len(ids), digests])
        return {row[0] for row in cursor.fetchall()}


def _unseen(arrivals: Iterable[Arrival]) -> set[UUID]:
    ids = {arrival.event_id for arrival in arrivals}
    return ids - set(EventKey.objects.filter(event_id__in=ids).values_list("event_id", flat=True))


def _owners(arrivals: list[Arrival]) -> dict[UUID, Match]:
    found = matches([(arrival.source, arrival.who) for arrival in arrivals])
    return {arrival.event_id: match for arrival, match in zip(arrivals, found, strict=True)}


def _answer(arrival: Read, new: set[UUID], known: dict[UUID, str], owners: dict[UUID, Match]) -> Answer:
    if isinstance(arrival, Malformed):
        return Answer(arrival.source_event_id, "rejected", arrival.reason)
    claimed = arrival.source_event_id.partition(":")[2]
    if arrival.doubt:
        return Answer(claimed, "quarantined", arrival.doubt)
    if arrival.event_id in new:
        matched = owners[arrival.event_id].found
        late = LATER if arrival.occurred_at > timezone.now() + CLOCK_SKEW else ""
        return Answer(claimed, "accepted", " ".join(filter(None, ["" if matched else WAITS, late])), matched)
    if known[arrival.event_id] == arrival.digest:
        return Answer(claimed, "duplicate")
    return Answer(claimed, "conflict", OTHER_CONTENT)


def _set_aside(arrivals: Sequence[Read], answers: Sequence[Answer]) -> None:
    SetAside.objects.bulk_create(
        [
            SetAside(
                why=answer.status, event_id=arrival.event_id, digest=arrival.digest, source=arrival.source,
                source_event_id=arrival.source_event_id, reason=answer.reason, item=arrival.as_json(),
            )
            for arrival, answer in zip(arrivals, answers, strict=True)
            if isinstance(arrival, Arrival) and answer.status in ("conflict", "quarantined")
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _keep(owned: list[tuple[Arrival, Match]]) -> None:
    learn((arrival.source, arrival.who, match) for arrival, match in owned)
    record_all(draft_of(arrival, match) for arrival, match in owned if match.found)
    WaitingEvent.objects.bulk_create(_waiting(arrival) for arrival, match in owned if not match.found)


def draft_of(arrival: Arrival, match: Match) -> Draft:
    """Return the event that an arrival becomes, about whom it was found to be about."""
    return Draft(
        name=EventName(arrival.name), occurred_at=arrival.occurred_at, payload=arrival.payload,
        member_id=match.member_id, company_id=match.company_id, actor_role=arrival.actor_role,
        actor_id=match.member_id if arrival.actor_role == "member" else None, channel=arrival.channel,
        value_cents=arrival.value_cents, currency=arrival.currency, source=arrival.source,
        event_id=arrival.event_id,
    )  # fmt: skip


def _waiting(arrival: Arrival) -> WaitingEvent:
    who = arrival.who
    return WaitingEvent(
        event_id=arrival.event_id, name=arrival.name, occurred_at=arrival.occurred_at, source=arrival.source,
        external_id=who.external_id, email=who.email, company_external_id=who.company_external_id,
        domain=who.domain, event=arrival.as_json(),
    )  # fmt: skip
