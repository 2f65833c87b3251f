"""Rate limits: how often a member, an address or an account may do something, and what they are told after that.

The numbers are far above what a person does; they stop scripts and stolen accounts. `RATE_LIMITS` in the
settings changes single ones. New members have tighter limits besides (`moderation/rate_limits.py`).

Redis counts, in moving windows. While it is down or refuses writes, requests are let through.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Concatenate, Literal, ParamSpec, TypeVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

P = ParamSpec("P")
R = TypeVar("R", bound=HttpRequest)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RateLimit:
    """`rates` as the `limits` library reads them; in `sentence`, %(wait)s is how long to wait, as in "2 minutes"."""

    name: str
    per: Literal["member", "address", "account"]
    rates: str
    sentence: StrOrPromise


TOPICS = RateLimit(
    "topics",
    "member",
    "5/minute; 30/hour",
    gettext_lazy("You have started a lot of topics in a short time. Please try again in %(wait)s."),
)
POSTS = RateLimit(
    "posts",
    "member",
    "10/minute; 120/hour",
    gettext_lazy("You have posted a lot in a short time. Please try again in %(wait)s."),
)
EDITS = RateLimit(
    "edits",
    "member",
    "20/minute; 200/hour",
    gettext_lazy("You have edited a lot in a short time. Please try again in %(wait)s."),
)
REACTIONS = RateLimit(
    "reactions",
    "member",
    "60/minute; 600/hour",
    gettext_lazy("You have liked and voted a lot in a short time. Please try again in %(wait)s."),
)
FLAGS = RateLimit(
    "flags",
    "member",
    "10/minute; 60/hour",
    gettext_lazy("You have flagged a lot of posts in a short time. Please try again in %(wait)s."),
)
PREVIEWS = RateLimit(
    "previews",
    "member",
    "120/minute",
    gettext_lazy("The preview is paused for %(wait)s. You can keep writing."),
)
SUGGESTIONS = RateLimit(
    "suggestions",
    "member",
    "240/minute",
    gettext_lazy("Suggestions are paused for %(wait)s. You can keep writing."),
)
SEARCHES = RateLimit(
    "searches",
    "member",
    "60/minute; 1000/hour",
    gettext_lazy("You have searched a lot in a short time. Please try again in %(wait)s."),
)
VISITOR_SEARCHES = RateLimit(
    "visitor-searches",
    "address",
    "30/minute; 500/hour",
    gettext_lazy(
        "There were a lot of searches from your network. Please try again in %(wait)s, or log in to search now."
    ),
)
SIGN_UPS = RateLimit(
    "sign-ups",
    "address",
    "10/minute; 50/hour",
    gettext_lazy("A lot of accounts were created from your network. Please try again in %(wait)s."),
)
LOG_INS = RateLimit(
    "log-ins",
    "address",
    "20/minute; 200/hour",
    gettext_lazy("There were a lot of log-in attempts from your network. Please try again in %(wait)s."),
)
PASSWORD_RESETS = RateLimit(
    "password-resets",
    "address",
    "10/minute; 50/hour",
    gettext_lazy("A lot of password resets were requested from your network. Please try again in %(wait)s."),
)

# Per network, so that the account's owner can still log in from elsewhere.
ACCOUNT_LOG_INS = RateLimit(
    "account-log-ins",
    "account",
    "5/5 minutes",
    gettext_lazy(
        "There were too many log-in attempts for this account. Please try again in %(wait)s, or reset your password."
    ),
)
# Across all networks; once reached, each network is slowed to the rate below, but never locked out.
ACCOUNT_LOG_INS_ANYWHERE = RateLimit(
    "account-log-ins-anywhere", "account", "30/hour", ACCOUNT_LOG_INS.sentence
)
ACCOUNT_LOG_INS_SLOWED = RateLimit(
    "account-log-ins-slowed", "account", "1/5 minutes", ACCOUNT_LOG_INS.sentence
)
# From a browser that has logged in to the account before; attempts from elsewhere do not count.
DEVICE_LOG_INS = RateLimit("device-log-ins", "account", "10/5 minutes", ACCOUNT_LOG_INS.sentence)
UNSENT_FORMS = RateLimit(
    "unsent-forms",
    "address",
    "20/minute",
    gettext_lazy("A lot of forms were sent from your network. Please log in and try again in %(wait)s."),
)
VISITOR_DRAFTS = RateLimit(
    "visitor-drafts",
    "address",
    "10/minute; 60/hour",
    gettext_lazy("A lot of posts came from your network. Please log in first, or try again in %(wait)s."),
)
ACCOUNT_CODES = RateLimit(
    "account-codes",
    "account",
    "5/5 minutes",
    gettext_lazy("There were too many codes for this account. Please try again in %(wait)s."),
)
ACCOUNT_CONFIRMATIONS = RateLimit(
    "account-confirmations",
    "account",
    "1/3 minutes",
    gettext_lazy(
        "We have just sent an email to this address. Please check your inbox, or try again in %(wait)s."
    ),
)
ACCOUNT_PASSWORD_RESETS = RateLimit(
    "account-password-resets",
    "account",
    "3/10 minutes",
    gettext_lazy(
        "We have already sent several emails to this address. Please check your inbox, or try again in %(wait)s."
    ),
)

API_CALLS = RateLimit(
    "api-calls",
    "account",
    "120/minute",  # each token has its own number
    gettext_lazy("Too many requests. Try again in %(wait)s."),
)

# What the settings may change.
NAMED = {
    limit.name: limit
    for limit in (
        TOPICS,
        POSTS,
        EDITS,
        REACTIONS,
        FLAGS,
        PREVIEWS,
        SUGGESTIONS,
        SEARCHES,
        VISITOR_SEARCHES,
        SIGN_UPS,
        LOG_INS,
        PASSWORD_RESETS,
        ACCOUNT_LOG_INS,
        ACCOUNT_LOG_INS_ANYWHERE,
        ACCOUNT_LOG_INS_SLOWED,
        DEVICE_LOG_INS,
        UNSENT_FORMS,
        VISITOR_DRAFTS,
        ACCOUNT_CODES,
        ACCOUNT_CONFIRMATIONS,
        ACCOUNT_PASSWORD_RESETS,
    )
}


class RateLimited(ValidationError):
    """A rate limit is reached. Forms take it as an error; `seconds` is how long it lasts."""

    def __init__(self, sentence: str, *, seconds: int) -> None:
        super().__init__(sentence, code="rate_limited")
        self.seconds = seconds

    @property
    def sentence(self) -> str:
        return str(self.message)


# Counting


def hit(limit: RateLimit, who: HttpRequest | str) -> None:
    """Count one by whoever sends the request, or by an account. Raises RateLimited when the limit is reached."""
    with _redis_may_fail():
        for rate in rates_of(limit):
            seconds = _hit(rate, limit.name, _key(limit, who))
            if seconds:
                raise RateLimited(str(limit.sentence) % {"wait": duration(seconds)}, seconds=seconds)


def clear(limit: RateLimit, who: HttpRequest | str) -> None:
    """Forget what was counted."""
    with _redis_may_fail():
        for rate in rates_of(limit):
            _limiter(settings.REDIS_URL).clear(rate, limit.name, _key(limit, who))


def rates_of(limit: RateLimit) -> list[RateLimitItem]:
    """Return the limit's rates, shortest window first; none where the settings turn it off.

    Raises ValueError for a rate that cannot be read.
    """
    rates = settings.RATE_LIMITS.get(limit.name, limit.rates)
    return sorted(parse_many(rates)) if rates else []


def duration(seconds: int) -> str:
    """Say how long that is, rounded up to minutes and hours."""
    if seconds <= 90:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = ceil(seconds / 60)
    if minutes <= 90:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = ceil(minutes / 60)
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}


def _hit(rate: RateLimitItem, *identifiers: str) -> int:
    """Count one and return 0, or the seconds until the next is let through."""
    limiter = _limiter(settings.REDIS_URL)
    if limiter.hit(rate, *identifiers):
        return 0
    reset = limiter.get_window_stats(rate, *identifiers).reset_time
    # Never early: the time comes back rounded to a tenth of a millisecond.
    return max(int(reset - time.time() + 0.001), 0) + 1


@functools.cache
def _limiter(url: str) -> MovingWindowRateLimiter:
    """Connect when first used; give up on a server that does not answer within a second."""
    storage = RedisStorage(
        url,
        key_prefix="caravan:rate-limit",
        wrap_exceptions=True,
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 1),  # type: ignore[arg-type]  # for redis-py, which takes it
    )
    return MovingWindowRateLimiter(storage)


def _key(limit: RateLimit, who: HttpRequest | str) -> str:
    """Return a keyed hash of whom the limit counts, so that Redis holds no addresses."""
    if isinstance(who, str):
        counted = who
    elif limit.per == "member":
        counted = str(who.user.pk)
    else:
        counted = network(who.META.get("REMOTE_ADDR", ""))
    return salted_hmac(__name__, counted, algorithm="sha256").hexdigest()[:32]


def network(address: str) -> str:
    """Return an IPv6 address's network, since whoever has one address has all 2^64 of them; others as they are."""
    try:
        is_ipv6 = ipaddress.ip_address(address).version == 6
    except ValueError:
        is_ipv6 = False
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if is_ipv6 else address


@contextmanager
def _redis_may_fail() -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        log.warning("Rate limits are not counted: %s", error.storage_error)


# Answering


def check(form: forms.BaseForm, limit: RateLimit, who: HttpRequest | str) -> bool:
    """Count one, or add an error to the form and return False."""
    try:
        hit(limit, who)
    except RateLimited as limited:
        form.add_error(None, limited)
        return False
    return True


def answer(response: HttpResponse, form: forms.BaseForm) -> HttpResponse:
    """Make it a 429 with Retry-After where a rate limit refused the form."""
    errors = [error for errors in form.errors.as_data().values() for error in errors]
    seconds = [error.seconds for error in errors if isinstance(error, RateLimited)]
    return set_retry_after(response, max(seconds)) if seconds else response


def set_retry_after(response: HttpResponse, seconds: int) -> HttpResponse:
    """Make it a 429 that says when to try again."""
    response.status_code = 429
    response["Retry-After"] = str(seconds)
    return response


def limited(
    limit: RateLimit,
) -> Callable[[Callable[Concatenate[R, P], HttpResponse]], Callable[Concatenate[R, P], HttpResponse]]:
    """Count each call of a view without a form, and answer 429 in its place when the limit is reached."""

    def decorate(
        view: Callable[Concatenate[R, P], HttpResponse],
    ) -> Callable[Concatenate[R, P], HttpResponse]:
        @functools.wraps(view)
        def counted(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                hit(limit, request)
            except RateLimited as error:
                return too_many_requests(request, error)
            return view(request, *args, **kwargs)

        return counted

    return decorate


def too_many_requests(request: HttpRequest, error: RateLimited | None = None) -> HttpResponse:
    """Say so as the request wants it: JSON, a toast for htmx, else a page.

    As `handler429` it also answers for allauth's own limits, none of which lasts longer than a minute.
    """
    error = error or RateLimited(_("Too many attempts. Please wait a minute and try again."), seconds=60)
    if request.headers.get("HX-Request"):
        toast = json.dumps({"toast": {"message": error.sentence}})
        response = HttpResponse(error.sentence, content_type="text/plain; charset=utf-8")
        response["HX-Reswap"], response["HX-Trigger"] = "none", toast
    elif request.headers.get("Accept", "").startswith("application/json"):
        response = JsonResponse({"detail": error.sentence})
    else:
        response = render(request, "429.html", {"sentence": error.sentence})
    return set_retry_after(response, error.seconds)
