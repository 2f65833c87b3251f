"""Redact URLs and text for logs, error reports and records.

Links in emails contain tokens, and search URLs contain search terms. So query strings are dropped, and of a path only
numbers and the parts named in PUBLIC_PARTS are kept. New parts count as secret until they are listed there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Final

from django.http import HttpRequest
from django.urls import ResolverMatch

# The named parts of URLs that are public, besides whole numbers.
PUBLIC_PARTS: Final = frozenset(
    (
        "app_label",
        "colour",
        "content_type_id",
        "object_id",
        "path",
        "section",
        "slug",
        "tag",
        "url",
        "username",
    )
)
# Prefixes of URLs with a secret part, for text that contains only the path.
SECRET_PREFIXES: Final = (
    "/accounts/confirm-email/",
    "/accounts/password/reset/key/",
    "/invitation/",
    "/suspended/",
)
# In a path that is not one of our URLs, longer parts may be truncated or mistyped tokens.
LONGEST_PART: Final = 32
HIDDEN: Final = "…"
# Redacting shorter values would hide half of any text.
SHORTEST_VALUE: Final = 3

_RULES: Final = (
    (re.compile("(" + "|".join(map(re.escape, SECRET_PREFIXES)) + r")[^\s\"'<>?]+"), rf"\1{HIDDEN}"),
    # Query strings, whatever precedes them.
    (re.compile(r"(?<=[\w/)…-])\?[^\s\"'<>=?]+=[^\s\"'<>]*"), f"?{HIDDEN}"),
    # Values from django.core.signing, and password reset keys.
    (re.compile(r"(?<![\w:-])[\w-]+:[\w-]{5,8}:[\w-]{20,}"), HIDDEN),
    (re.compile(r"(?<![\w-])[0-9A-Za-z]{1,13}-[0-9a-z]{5,13}-[0-9a-f]{32,}"), HIDDEN),
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<email>"),
)

# The request served by this thread; its values are removed from errors.
current: ContextVar[HttpRequest | None] = ContextVar("redaction_request", default=None)


def path(request: HttpRequest) -> str:
    """Return the request's path without secret parts and query string."""
    match = request.resolver_match
    if match is None:
        return _unknown(request.path)
    return _without_parts(request.path, match)


def has_secret(match: ResolverMatch | None) -> bool:
    """Return whether the URL contains a secret such as a token."""
    return match is not None and any(_is_secret(name, value) for name, value in match.kwargs.items())


def text(line: str) -> str:
    """Return the text without tokens, query strings and email addresses."""
    for pattern, replacement in _RULES:
        line = pattern.sub(replacement, line)
    return line


def error_text(line: str) -> str:
    """Return an error's text, which may quote user input, without the values of the current request."""
    for value in sorted(_values(current.get()), key=len, reverse=True):
        line = line.replace(value, HIDDEN)
    return text(line)


def everywhere(data: Any, *, redact: Any = text) -> Any:
    """Return the data with every text in it redacted, at any depth; other objects become text."""
    if data is None or isinstance(data, bool | int | float):
        return data
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, HttpRequest):
        return f"{data.method} {path(data)}"
    if isinstance(data, Mapping):
        return {key: everywhere(value, redact=redact) for key, value in data.items()}
    if isinstance(data, list | tuple | set | frozenset):
        return [everywhere(value, redact=redact) for value in data]
    return redact(str(data))


def _is_secret(name: str, value: object) -> bool:
    return name not in PUBLIC_PARTS and not isinstance(value, int)


def _without_parts(path: str, match: ResolverMatch) -> str:
    """Replace secret parts from the last to the first, so that a short one is not found inside another."""
    rest, redacted = path, ""
    for name, value in reversed(match.kwargs.items()):
        if not isinstance(value, str):
            continue
        before, found, after = rest.rpartition(value)
        if found and value:
            shown = f"<{name}>" if _is_secret(name, value) else value
            rest, redacted = before, shown + after + redacted
    return rest + redacted


def _unknown(path: str) -> str:
    parts = text(path).split("/")
    return "/".join(HIDDEN if len(part) > LONGEST_PART or ":" in part else part for part in parts)


def _values(request: HttpRequest | None) -> set[str]:
    if request is None:
        return set()
    # `_post` is set once a view has read the form; reading it here might fail or block on the client.
    forms = [request.GET, getattr(request, "_post", None) or {}]
    values = {value for form in forms for listed in _lists(form) for value in listed}
    match = request.resolver_match
    if match is not None:
        values |= {str(value) for name, value in match.kwargs.items() if _is_secret(name, value)}
    return {value for value in values if isinstance(value, str) and len(value) >= SHORTEST_VALUE}


def _lists(form: Any) -> Iterable[list[str]]:
    return (listed for _, listed in form.lists()) if hasattr(form, "lists") else ()
