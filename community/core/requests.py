"""Read what a request asks for, safely."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

# For views that show a form and take it.
require_safe_or_post = require_http_methods(["GET", "HEAD", "POST"])


# What browsers send when they prefetch a page.
_AHEAD = ("prefetch", "prerender", "preview")


def is_person(request: HttpRequest) -> bool:
    """Return whether a person will see the response to this GET; only then may it count or record anything.

    Browsers say why they fetch a page: as an image, script or frame of another page, or ahead of a click. Pages fetched
    by htmx count as seen, those fetched by other scripts do not. Clients that say nothing count as people, because
    browsers send these headers only over HTTPS.
    """
    if request.method != "GET":
        return False
    ahead = " ".join(
        request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    )
    if any(word in ahead.lower() for word in _AHEAD):
        return False
    fetched_as = request.headers.get("Sec-Fetch-Dest", "document")
    return fetched_as == "document" or (fetched_as == "empty" and "HX-Request" in request.headers)


def whole_number(text: str, *, digits: int = 18) -> int | None:
    """Return the number, or None if the text is not one of at most `digits` digits (18 fit in a bigint)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def own_url(request: HttpRequest, url: str) -> str:
    """Return the URL if it is safe to redirect to, that is on this site, else an empty string."""
    safe = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if safe else ""
