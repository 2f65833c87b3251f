"""Ingest facts exactly once, even when they are sent repeatedly or concurrently."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from community.api.models import EventKey, QuarantinedEvent, WaitingEvent
from community.events.catalogue import EventName
from community.events.services.recording import CLOCK_SKEW, Draft, record_all

from . import matches
from .inbound_facts import InboundFact, Malformed
from .matches import Match
from .parsers import Parsed

Status = Literal["accepted", "duplicate", "conflict", "quarantined", "rejected"]

UNMATCHED = "No member or company matches yet. This will be applied once one does."
CONFLICT = "This ID was already used with different content. The first version counts."
IN_FUTURE = "The time was in the future, so it was set to now."

# Ordered by id, so that concurrent calls with the same facts do not deadlock.
_CLAIM_KEYS = """
  INSERT INTO event_key (event_id, occurred_at, first_seen, digest)
  SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::text[]) AS k(id) ORDER BY id
  ON CONFLICT (event_id) DO NOTHING RETURNING event_id
"""


@dataclass(frozen=True)
class Result:
    """The result for one fact; `matched` is false while it waits for its member or company."""

    source_event_id: str
    status: Status
    reason: str = ""
    matched: bool = True


@transaction.atomic
def ingest(facts: Sequence[Parsed], *, dry_run: bool = False) -> list[Result]:
    """Ingest the new facts and return a result for each, in order.

    A repeated fact is a duplicate; the same id with different content is a conflict. With `dry_run`, return
    the same results without writing anything.
    """
    firsts: dict[UUID, InboundFact] = {}
    for fact in facts:
        if isinstance(fact, InboundFact) and not fact.doubt:
            firsts.setdefault(fact.event_id, fact)
    new = _new_keys(firsts.values()) if dry_run else _claim_keys(firsts.values())
    known = dict(EventKey.objects.filter(event_id__in=firsts.keys() - new).values_list("event_id", "digest"))
    owners = _owners([firsts[key] for key in firsts if key in new])
    results = []
    for fact in facts:
        results.append(_result(fact, new, known, owners))
        if isinstance(fact, InboundFact) and not fact.doubt:
            # A later fact with this id in the same call is a duplicate or conflict.
            known.setdefault(fact.event_id, fact.digest)
            new.discard(fact.event_id)
    if not dry_run:
        _quarantine(facts, results)
        _save([(firsts[key], match) for key, match in owners.items()])
    return results


def _claim_keys(facts: Iterable[InboundFact]) -> set[UUID]:
    rows = [(fact.event_id, fact.occurred_at, fact.digest) for fact in facts]
    if not rows:
        return set()
    ids, times, digests = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_KEYS, [ids, times, [timezone.now()] * len(ids), digests])
        return {row[0] for row in cursor.fetchall()}


def _new_keys(facts: Iterable[InboundFact]) -> set[UUID]:
    ids = {fact.event_id for fact in facts}
    return ids - set(EventKey.objects.filter(event_id__in=ids).values_list("event_id", flat=True))


def _owners(facts: list[InboundFact]) -> dict[UUID, Match]:
    found = matches.find([(fact.source, fact.who) for fact in facts])
    return {fact.event_id: match for fact, match in zip(facts, found, strict=True)}


def _result(fact: Parsed, new: set[UUID], known: dict[UUID, str], owners: dict[UUID, Match]) -> Result:
    if isinstance(fact, Malformed):
        return Result(fact.source_event_id, "rejected", fact.reason)
    sent_id = fact.source_event_id.partition(":")[2]
    if fact.doubt:
        return Result(sent_id, "quarantined", fact.doubt)
    if fact.event_id in new:
        matched = owners[fact.event_id].found
        notes = [
            "" if matched else UNMATCHED,
            IN_FUTURE if fact.occurred_at > timezone.now() + CLOCK_SKEW else "",
        ]
        return Result(sent_id, "accepted", " ".join(filter(None, notes)), matched)
    if known[fact.event_id] == fact.digest:
        return Result(sent_id, "duplicate")
    return Result(sent_id, "conflict", CONFLICT)


def _quarantine(facts: Sequence[Parsed], results: Sequence[Result]) -> None:
    QuarantinedEvent.objects.bulk_create(
        [
            QuarantinedEvent(
                why=result.status,
                event_id=fact.event_id,
                digest=fact.digest,
                source=fact.source,
                source_event_id=fact.source_event_id,
                reason=result.reason,
                item=fact.as_json(),
            )
            for fact, result in zip(facts, results, strict=True)
            if isinstance(fact, InboundFact) and result.status in ("conflict", "quarantined")
        ],
        ignore_conflicts=True,
    )


def _save(owned: list[tuple[InboundFact, Match]]) -> None:
    matches.save_external_ids((fact.source, fact.who, match) for fact, match in owned)
    record_all(draft_of(fact, match) for fact, match in owned if match.found)
    WaitingEvent.objects.bulk_create(_waiting(fact) for fact, match in owned if not match.found)


def draft_of(fact: InboundFact, match: Match) -> Draft:
    """Return the draft event for a fact about the matched member or company."""
    return Draft(
        name=EventName(fact.name),
        occurred_at=fact.occurred_at,
        payload=fact.payload,
        member_id=match.member_id,
        company_id=match.company_id,
        actor_role=fact.actor_role,
        actor_id=match.member_id if fact.actor_role == "member" else None,
        channel=fact.channel,
        value_cents=fact.value_cents,
        currency=fact.currency,
        source=fact.source,
        event_id=fact.event_id,
    )


def _waiting(fact: InboundFact) -> WaitingEvent:
    who = fact.who
    return WaitingEvent(
        event_id=fact.event_id,
        name=fact.name,
        occurred_at=fact.occurred_at,
        source=fact.source,
        external_id=who.external_id,
        email=who.email,
        company_external_id=who.company_external_id,
        domain=who.domain,
        event=fact.as_json(),
    )
