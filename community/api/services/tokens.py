"""API tokens: issue, authenticate and revoke them. Only digests are stored."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from community.api.models import ApiToken
from community.core import rate_limits
from community.core.audit import audit

if TYPE_CHECKING:
    from community.members.models import Member

# Lets secret scanners recognise a leaked token.
PREFIX = "caravan_"
STORED_PREFIX_LENGTH = 14
LAST_USED_PRECISION = timedelta(minutes=1)


@transaction.atomic
def issue(
    *,
    name: str,
    source: str,
    scopes: Iterable[str],
    actor: Member | None,
    calls_a_minute: int = 120,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Return a new token and its secret, which is not stored and cannot be shown again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name,
        source=source,
        scopes=sorted(scopes),
        prefix=secret[:STORED_PREFIX_LENGTH],
        digest=digest_of(secret),
        created_by=actor,
        calls_a_minute=calls_a_minute,
        expires_at=expires_at,
    )
    audit("api_token.issue", actor=actor, subject=token, after={"scopes": token.scopes, "source": source})
    return token, secret


@transaction.atomic
def revoke(token: ApiToken, *, actor: Member) -> None:
    """Revoke the token; idempotent."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit("api_token.revoke", actor=actor, subject=token)


def authenticate(secret: str) -> ApiToken | None:
    """Return the usable token with this secret and update its `last_used_at`, to the minute."""
    token = ApiToken.objects.usable().filter(digest=digest_of(secret)).first()
    if token is not None:
        now = timezone.now()
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_PRECISION)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def digest_of(secret: str) -> str:
    # The secret is random and long, so it needs no salt or slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()


def count_call(token: ApiToken) -> None:
    """Count a call against the token's limit. Raises RateLimited over `calls_a_minute`."""
    limit = dataclasses.replace(rate_limits.API_CALLS, rates=f"{token.calls_a_minute}/minute")
    rate_limits.hit(limit, str(token.pk))
