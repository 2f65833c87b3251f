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

    @property
    def is_known(self) -> bool:
        return self.names_person or bool(self.company_external_id or self.domain)

    @property
    def names_person(self) -> bool:
        return bool(self.external_id or self.email)


@dataclass(frozen=True)
class InboundFact:
    """A well-formed fact. `value_cents` is as `currencies.to_cents` stores amounts."""

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
    # Each correction of a recorded fact has the next version; see `ingestion`.
    version: int = 1
    corrects: bool = False

    @property
    def key(self) -> uuid.UUID:
        """The id of the fact, whatever its content and version."""
        return inbound_event_id(self.source, self.source_event_id)

    @property
    def event_id(self) -> uuid.UUID:
        """The id of the event that this version of the fact is recorded as."""
        return version_id(self.key, self.version)

    @property
    def digest(self) -> str:
        """A hash of the content, with times in UTC; detects different content under the same id.

        Whom the fact is about is not included: customers change addresses, and exports are sent again.
        """
        return digest_of(
            self.name,
            self.occurred_at,
            self.payload,
            self.channel,
            self.actor_role,
            self.value_cents,
            self.currency,
        )

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "occurred_at": self.occurred_at.isoformat()}


def inbound_fact_from(item: dict[str, Any]) -> InboundFact:
    """Return the fact serialized by `InboundFact.as_json`."""
    moment = datetime.fromisoformat(item["occurred_at"])
    return InboundFact(**{**item, "occurred_at": moment, "who": Identity(**item["who"])})


def version_id(key: uuid.UUID, version: int) -> uuid.UUID:
    return key if version == 1 else uuid.uuid5(key, str(version))


# Digests without this prefix are from before version 2, and include whom the fact is about.
DIGEST_PREFIX = "2:"


def digest_of(name: str, occurred_at: datetime, payload: dict[str, Any], *rest: str | int | None) -> str:
    """Return the digest of a fact or of the event that it was recorded as."""
    given = {key: value for key, value in payload.items() if value is not None}
    content = [name, occurred_at.astimezone(UTC).isoformat(), given, *rest]
    hashed = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"{DIGEST_PREFIX}{hashed}"[:64]


@dataclass(frozen=True)
class Malformed:
    """An item that could not be parsed; `reason` is a sentence for the sender."""

    source_event_id: str
    reason: str
