"""Limits on guessing passwords that do not let strangers lock the owner out.

Attempts are counted per account and network. When many networks try one account, each of them is slowed down. A browser
that has logged in to the account before has its own limit; it is recognised by a signed cookie.
"""

from __future__ import annotations

import secrets
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from community.core import rate_limits
from community.core.rate_limits import RateLimited

COOKIE: Final = "device"
SALT: Final = "members.device"
YEAR: Final = 365 * 86_400  # seconds


def count(request: HttpRequest, account: str) -> None:
    """Count an attempt before the password is checked. Raises RateLimited."""
    device = _device(request, account)
    if device:
        rate_limits.hit(rate_limits.DEVICE_LOG_INS, device)
        return
    rate_limits.hit(rate_limits.LOG_INS, request)
    rate_limits.hit(rate_limits.ACCOUNT_LOG_INS, _from_network(request, account))
    try:
        rate_limits.hit(rate_limits.ACCOUNT_LOG_INS_ANYWHERE, account)
    except RateLimited:
        rate_limits.hit(rate_limits.ACCOUNT_LOG_INS_SLOWED, _from_network(request, account))


def clear(request: HttpRequest, account: str) -> None:
    """Clear this browser's and network's attempts after a successful log-in or password reset."""
    if device := _device(request, account):
        rate_limits.clear(rate_limits.DEVICE_LOG_INS, device)
    for limit in (rate_limits.ACCOUNT_LOG_INS, rate_limits.ACCOUNT_LOG_INS_SLOWED):
        rate_limits.clear(limit, _from_network(request, account))


def remember_device(response: HttpResponse, account: str) -> None:
    """Let this browser log in to the account again, whatever others try. The cookie does not grant access."""
    value = signing.dumps([_hash(account), secrets.token_hex(8)], salt=SALT)
    response.set_cookie(
        COOKIE,
        value,
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        path="/accounts/",
    )


def _device(request: HttpRequest, account: str) -> str:
    """Return the id of a browser that has logged in to the account before, else an empty string."""
    try:
        known, device = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=YEAR)
    except (signing.BadSignature, TypeError, ValueError):
        return ""
    return str(device) if constant_time_compare(known, _hash(account)) else ""


def _from_network(request: HttpRequest, account: str) -> str:
    return f"{account} {rate_limits.network(request.META.get('REMOTE_ADDR', ''))}"


def _hash(account: str) -> str:
    return salted_hmac(SALT, account, algorithm="sha256").hexdigest()[:32]
