"""Ingest facts: each exactly once, however often and from however many sides at once it comes."""

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

from .inbound_facts import InboundFact, Malformed
from .matches import Match, find_matches, learn
from .parsers import Parsed

Status = Literal["accepted", "duplicate", "conflict", "quarantined", "rejected"]

WAITS = "No member or company matches yet. This will be applied once one does."
OTHER_CONTENT = "This ID was already used with different content. The first version counts."
LATER = "The time was in the future, so it was set to now."

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
def ingest(facts: Sequence[Parsed], *, dry_run: bool = False) -> list[Answer]:
    """Ingest what is new, and answer for each. The same fact again is a duplicate; other content, a conflict.

    With `dry_run` nothing is written and the answers are those that would be given.
    """
    firsts: dict[UUID, InboundFact] = {}
    for fact in facts:
        if isinstance(fact, InboundFact) and not fact.doubt:
            firsts.setdefault(fact.event_id, fact)
    new = _unseen(firsts.values()) if dry_run else _take(firsts.values())
    known = dict(EventKey.objects.filter(event_id__in=firsts.keys() - new).values_list("event_id", "digest"))
    owners = _owners([firsts[key] for key in firsts if key in new])
    answers = []
    for fact in facts:
        answers.append(_answer(fact, new, known, owners))
        if isinstance(fact, InboundFact) and not fact.doubt:
            # The next one with this id, in the same call, comes after this one.
            known.setdefault(fact.event_id, fact.digest)
            new.discard(fact.event_id)
    if not dry_run:
        _quarantine(facts, answers)
        _keep([(firsts[key], match) for key, match in owners.items()])
    return answers


def _take(facts: Iterable[InboundFact]) -> set[UUID]:
    rows = [(fact.event_id, fact.occurred_at, fact.digest) for fact in facts]
    if not rows:
        return set()
    ids, times, digests = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [ids, times, [timezone.now()] * len(ids), digests])
        return {row[0] for row in cursor.fetchall()}


def _unseen(facts: Iterable[InboundFact]) -> set[UUID]:
    ids = {fact.event_id for fact in facts}
    return ids - set(EventKey.objects.filter(event_id__in=ids).values_list("event_id", flat=True))


def _owners(facts: list[InboundFact]) -> dict[UUID, Match]:
    found = find_matches([(fact.source, fact.who) for fact in facts])
    return {fact.event_id: match for fact, match in zip(facts, found, strict=True)}


def _answer(fact: Parsed, new: set[UUID], known: dict[UUID, str], owners: dict[UUID, Match]) -> Answer:
    if isinstance(fact, Malformed):
        return Answer(fact.source_event_id, "rejected", fact.reason)
    claimed = fact.source_event_id.partition(":")[2]
    if fact.doubt:
        return Answer(claimed, "quarantined", fact.doubt)
    if fact.event_id in new:
        matched = owners[fact.event_id].found
        late = LATER if fact.occurred_at > timezone.now() + CLOCK_SKEW else ""
        return Answer(claimed, "accepted", " ".join(filter(None, ["" if matched else WAITS, late])), matched)
    if known[fact.event_id] == fact.digest:
        return Answer(claimed, "duplicate")
    return Answer(claimed, "conflict", OTHER_CONTENT)


def _quarantine(facts: Sequence[Parsed], answers: Sequence[Answer]) -> None:
    SetAside.objects.bulk_create(
        [
            SetAside(
                why=answer.status,
                event_id=fact.event_id,
                digest=fact.digest,
                source=fact.source,
                source_event_id=fact.source_event_id,
                reason=answer.reason,
                item=fact.as_json(),
            )
            for fact, answer in zip(facts, answers, strict=True)
            if isinstance(fact, InboundFact) and answer.status in ("conflict", "quarantined")
        ],
        ignore_conflicts=True,
    )


def _keep(owned: list[tuple[InboundFact, Match]]) -> None:
    learn((fact.source, fact.who, match) for fact, match in owned)
    record_all(draft_of(fact, match) for fact, match in owned if match.found)
    WaitingEvent.objects.bulk_create(_waiting(fact) for fact, match in owned if not match.found)


def draft_of(fact: InboundFact, match: Match) -> Draft:
    """Return the event that a fact becomes, about whom it was found to be about."""
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
