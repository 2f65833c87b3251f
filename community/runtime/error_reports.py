"""Redact error reports to Sentry like logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from community.core import redaction

if TYPE_CHECKING:
    from sentry_sdk.types import Breadcrumb, Event, Hint


def redact(event: Event, hint: Hint) -> Event:
    """Keep only the request's method and redacted path: no query string, headers, cookies or form data."""
    asked = event.pop("request", None)
    redacted = cast("Event", redaction.everywhere(event, redact=redaction.error_text))
    request = redaction.current.get()
    if asked is not None and request is not None:
        redacted["request"] = {"method": request.method, "url": redaction.path(request)}
    if event.get("transaction_info", {}).get("source") != "route":
        redacted.pop("transaction", None)  # a path as it was sent
    return redacted


def redact_breadcrumb(crumb: Breadcrumb, hint: Hint) -> Breadcrumb:
    redacted: Breadcrumb = redaction.everywhere(crumb, redact=redaction.error_text)
    return redacted
