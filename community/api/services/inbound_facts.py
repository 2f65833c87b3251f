"""Inbound facts: what another system sent, before it is matched to a member."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from community.api.models import inbound_event_id


@dataclass(frozen=True)
class Identity:
    """Who a fact is about, as the other system identifies them; empty strings where unknown."""

    external_id: str = ""
    email: str = ""
    company_external_id: str = ""
    domain: str = ""


@dataclass(frozen=True)
class InboundFact:
    """A well-formed fact. `value_cents` is in hundredths of the currency's unit."""

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
    # Why it is quarantined although it is well-formed; empty if it is not.
    doubt: str = ""

    @property
    def event_id(self) -> uuid.UUID:
        return inbound_event_id(self.source, self.source_event_id)

    @property
    def digest(self) -> str:
        """A hash of the content, with times normalised to UTC; detects other content under the same id."""
        content = {**asdict(self), "occurred_at": self.occurred_at.astimezone(UTC).isoformat()}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "occurred_at": self.occurred_at.isoformat()}


def inbound_fact_from(item: dict[str, Any]) -> InboundFact:
    """Return the fact serialized by `InboundFact.as_json`."""
    moment = datetime.fromisoformat(item["occurred_at"])
    return InboundFact(**{**item, "occurred_at": moment, "who": Identity(**item["who"])})


@dataclass(frozen=True)
class Malformed:
    """An item that could not be parsed; `reason` is a sentence for the sender."""

    source_event_id: str
    reason: str
