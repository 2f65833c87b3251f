"""Inbound facts: what another system sent, before anybody knows whom it is about here."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from community.api.models import outside_id


@dataclass(frozen=True)
class Identity:
    """Whom it is about, in the other system's words; empty where it does not say."""

    external_id: str = ""
    email: str = ""
    company_external_id: str = ""
    domain: str = ""


@dataclass(frozen=True)
class InboundFact:
    """A fact that is well-formed. `value_cents` are hundredths of the currency's unit."""

    source: str
    source_event_id: str
    name: str
    occurred_at: datetime
    who: Identity
    payload: dict[str, Any] = field(default_factory=dict)
    channel: str = "crm"
    actor_role: str = "api"
    value_cents: int | None = None
    currency: str = ""
    # Why it cannot be ingested as it is, though it is well-formed.
    doubt: str = ""

    @property
    def event_id(self) -> uuid.UUID:
        return outside_id(self.source, self.source_event_id)

    @property
    def digest(self) -> str:
        """What tells one content from another under the same id; the same moment in another zone is the same."""
        content = {**asdict(self), "occurred_at": self.occurred_at.astimezone(UTC).isoformat()}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "occurred_at": self.occurred_at.isoformat()}


def inbound_fact_from(item: dict[str, Any]) -> InboundFact:
    """Return the fact that `as_json` wrote down."""
    moment = datetime.fromisoformat(item["occurred_at"])
    return InboundFact(**{**item, "occurred_at": moment, "who": Identity(**item["who"])})


@dataclass(frozen=True)
class Malformed:
    """Something sent that is no fact; the reason is a sentence for who sent it."""

    source_event_id: str
    reason: str
