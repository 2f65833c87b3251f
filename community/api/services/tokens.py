"""Tokens: made once, kept as digests, each with its own pace."""

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

# Enough that a leaked one is recognised by scanners, and told from any other secret.
BEGINNING = "caravan_"
SHOWN = 14
NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_token(
    *,
    name: str,
    source: str,
    scopes: Iterable[str],
    actor: Member | None,
    calls_a_minute: int = 120,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Return a new token and its secret, which is nowhere to be found afterwards."""
    secret = BEGINNING + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name,
        source=source,
        scopes=sorted(scopes),
        prefix=secret[:SHOWN],
        digest=digest_of(secret),
        created_by=actor,
        calls_a_minute=calls_a_minute,
        expires_at=expires_at,
    )
    audit("api_token.issue", actor=actor, subject=token, after={"scopes": token.scopes, "source": source})
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: Member) -> None:
    """Let the token in no more; again changes nothing."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit("api_token.revoke", actor=actor, subject=token)


def token_of(secret: str) -> ApiToken | None:
    """Return the usable token with this secret, and note that it was used, to the minute."""
    token = ApiToken.objects.usable().filter(digest=digest_of(secret)).first()
    if token is not None:
        now = timezone.now()
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def digest_of(secret: str) -> str:
    """A plain hash is enough: the secret is random, so there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def count_call(token: ApiToken) -> None:
    """Count a call. Raises RateLimited beyond the token's own number a minute."""
    limit = dataclasses.replace(rate_limits.API_CALLS, rates=f"{token.calls_a_minute}/minute")
    rate_limits.hit(limit, str(token.pk))
