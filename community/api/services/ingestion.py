"""Ingest facts exactly once, even when they are sent repeatedly or concurrently.

The same id with the same content is a duplicate, whoever it is about now. With different content, it replaces a
fact that is still waiting. A recorded fact is corrected only on request: the old event is retracted and the new
version recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from community.api.models import EventKey, QuarantinedEvent, WaitingEvent
from community.events.catalogue import EventName
from community.events.services.recording import CLOCK_SKEW, Draft, record_all, reinstate, retract

from . import matches, stored_facts
from .inbound_facts import InboundFact, Malformed
from .matches import Match
from .parsers import Parsed
from .stored_facts import Stored

Status = Literal["accepted", "updated", "duplicate", "conflict", "quarantined", "rejected"]

UNMATCHED = "No member or company matches yet. This will be applied once one does."
CONFLICT = (
    "This ID was already recorded with different content. The first version counts unless you send this one as a "
    "correction or a manager releases it from quarantine."
)
TWICE = "This ID was sent twice with different content. The first one counts."
UPDATED = "This replaces the version that was waiting."
CORRECTED = "This replaces the version recorded before, which was retracted."
MOVED = "This was recorded for a different member or company. Send it as a correction to move it."
REINSTATED = "This was withdrawn earlier and now counts again."
IN_FUTURE = "The time was in the future, so it was set to now."
RETRACTED_BY_SENDER = "corrected by the system that sent it"

# Ordered by id, so that concurrent calls with the same facts do not deadlock.
_CLAIM_KEYS = """
  INSERT INTO event_key (event_id, occurred_at, first_seen, digest, version)
  SELECT id, at, seen, digest, 1
  FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::text[]) AS k(id, at, seen, digest) ORDER BY id
  ON CONFLICT (event_id) DO NOTHING RETURNING event_id
"""


@dataclass(frozen=True)
class Result:
    """The result for one fact; `matched` is false while it waits for its member or company."""

    source_event_id: str
    status: Status
    reason: str = ""
    matched: bool = True


@dataclass(frozen=True)
class _Decision:
    """The outcome for a fact, given what is stored under its id."""

    fact: InboundFact
    match: Match
    stored: Stored | None
    status: Status
    reason: str = ""


@transaction.atomic
def ingest(facts: Sequence[Parsed], *, dry_run: bool = False) -> list[Result]:
    """Ingest the facts and return a result for each, in order.

    With `dry_run`, return the same results without writing anything.
    """
    firsts: dict[UUID, InboundFact] = {}
    for fact in facts:
        if isinstance(fact, InboundFact) and not fact.doubt:
            firsts.setdefault(fact.key, fact)
    new = _new_keys(firsts.values()) if dry_run else _claim_keys(firsts.values())
    stored = stored_facts.find(firsts.keys() - new, lock=not dry_run)
    found = matches.find([(fact.source, fact.who) for fact in firsts.values()])
    decisions = {
        key: _decide(fact, match, stored.get(key))
        for (key, fact), match in zip(firsts.items(), found, strict=True)
    }
    results = _results(facts, decisions)
    if not dry_run:
        _quarantine(facts, results)
        _save(list(decisions.values()))
    return results


def _claim_keys(facts: Iterable[InboundFact]) -> set[UUID]:
    rows = [(fact.key, fact.occurred_at, fact.digest) for fact in facts]
    if not rows:
        return set()
    ids, times, digests = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_KEYS, [ids, times, [timezone.now()] * len(ids), digests])
        return {row[0] for row in cursor.fetchall()}


def _new_keys(facts: Iterable[InboundFact]) -> set[UUID]:
    ids = {fact.key for fact in facts}
    return ids - set(EventKey.objects.filter(event_id__in=ids).values_list("event_id", flat=True))


def _decide(fact: InboundFact, match: Match, stored: Stored | None) -> _Decision:
    if stored is None:
        notes = ["" if match.found else UNMATCHED, _future_note(fact)]
        return _Decision(fact, match, stored, "accepted", " ".join(filter(None, notes)))
    same = stored.has_content_of(fact)
    if stored.waiting is not None:
        if same and stored.waits_for(fact.who):
            return _Decision(fact, match, stored, "duplicate")
        return _Decision(replace(fact, version=stored.version), match, stored, "updated", UPDATED)
    moves = match.member_id is not None and stored.is_recorded and match.member_id != stored.member_id
    if same and stored.is_withdrawn:
        owner = Match(stored.member_id, stored.company_id)
        return _Decision(replace(fact, version=stored.version), owner, stored, "updated", REINSTATED)
    if same and not moves:
        return _Decision(fact, match, stored, "duplicate")
    # Recorded for a company before the buyer was known; it belongs in the buyer's journey.
    finds_owner = moves and stored.member_id is None
    if fact.corrects or (same and finds_owner):
        # If the new version matches nobody, it stays with whoever it was recorded for.
        owner = match if match.found else Match(stored.member_id, stored.company_id)
        return _Decision(replace(fact, version=stored.version + 1), owner, stored, "updated", CORRECTED)
    return _Decision(fact, match, stored, *(("duplicate", MOVED) if same else ("conflict", CONFLICT)))


def _future_note(fact: InboundFact) -> str:
    return IN_FUTURE if fact.occurred_at > timezone.now() + CLOCK_SKEW else ""


def _results(facts: Sequence[Parsed], decisions: Mapping[UUID, _Decision]) -> list[Result]:
    results, seen = [], set()
    for fact in facts:
        if isinstance(fact, Malformed):
            results.append(Result(fact.source_event_id, "rejected", fact.reason))
            continue
        sent_id = fact.source_event_id.partition(":")[2]
        if fact.doubt:
            results.append(Result(sent_id, "quarantined", fact.doubt))
        elif fact.key not in seen:
            decision = decisions[fact.key]
            waits = decision.status in ("accepted", "updated") and not decision.match.found
            results.append(Result(sent_id, decision.status, decision.reason, not waits))
        else:
            same = decisions[fact.key].fact.digest == fact.digest
            results.append(Result(sent_id, "duplicate" if same else "conflict", "" if same else TWICE))
        seen |= {fact.key} if not fact.doubt else set()
    return results


def _quarantine(facts: Sequence[Parsed], results: Sequence[Result]) -> None:
    QuarantinedEvent.objects.bulk_create(
        [
            quarantined(fact, why=result.status, reason=result.reason)
            for fact, result in zip(facts, results, strict=True)
            if isinstance(fact, InboundFact) and result.status in ("conflict", "quarantined")
        ],
        ignore_conflicts=True,
    )


def quarantined(fact: InboundFact, *, why: str, reason: str) -> QuarantinedEvent:
    """Return the unsaved quarantine row for the fact."""
    return QuarantinedEvent(
        why=why,
        event_id=fact.key,
        digest=fact.digest,
        source=fact.source,
        source_event_id=fact.source_event_id,
        reason=reason[:300],
        item=fact.as_json(),
    )


def _save(decisions: list[_Decision]) -> None:
    matches.save_external_ids((one.fact.source, one.fact.who, one.match) for one in decisions)
    changed = [one for one in decisions if one.status in ("accepted", "updated")]
    _clear_previous([one for one in changed if one.stored is not None])
    record_all(draft_of(one.fact, one.match) for one in changed if one.match.found)
    WaitingEvent.objects.bulk_create(_waiting(one.fact) for one in changed if not one.match.found)
    QuarantinedEvent.objects.filter(event_id__in=[one.fact.key for one in changed], resolved_at=None).update(
        resolved_at=timezone.now()
    )


def _clear_previous(changed: list[_Decision]) -> None:
    """Delete the waiting rows and retract the events that new versions replace."""
    previous = [one.stored for one in changed if one.stored is not None]
    WaitingEvent.objects.filter(pk__in=[one.waiting.pk for one in previous if one.waiting]).delete()
    again = [one.stored.event for one in changed if one.reason == REINSTATED and one.stored]
    reinstate([event for event in again if event], reason="sent again")
    replaced = [one.event for one in previous if one.event and one.event not in again]
    retract(replaced, reason=RETRACTED_BY_SENDER)
    for one in changed:
        EventKey.objects.filter(event_id=one.fact.key).update(
            digest=one.fact.digest, version=one.fact.version, occurred_at=one.fact.occurred_at
        )


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
