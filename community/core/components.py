"""What pages are drawn with, for both template engines: icons, initials, times and short numbers."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from html import unescape
from zlib import crc32

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString

from community.core import text

HUES = 8


@lru_cache(maxsize=1024)
def icon(name: str, label: str = "") -> SafeString:
    """A drawing of static/img/icons.svg; decoration, unless `label` says what it means."""
    address = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)


@lru_cache(maxsize=4096)
def hue(username: str) -> int:
    """The number of the colour that stays this person's, from 0 to 7."""
    return crc32(username.encode()) % HUES


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """One or two letters: of the first and the last word that start with a letter or a digit."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return next((sign for sign in name if sign.isalnum()), "?").upper()
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


def relative_time(moment: datetime | None) -> SafeString:
    """An absolute time in the reader's zone, which <relative-time> turns into “3 days ago” once scripts run.

    The element then puts the full time into its title.
    """
    if moment is None:
        return SafeString("")
    return _relative_time(moment, timezone.get_current_timezone_name())


@lru_cache(maxsize=8192)
def _relative_time(moment: datetime, zone: str) -> SafeString:
    local = timezone.localtime(moment)
    return format_html(
        '<relative-time datetime="{}">{}</relative-time>',
        moment.astimezone(timezone.get_default_timezone()).isoformat(timespec="seconds"),
        date_format(local, "j M Y, H:i"),
    )


def compact(number: int | None) -> str:
    """1234 -> 1.2k, 15300 -> 15k, 2100000 -> 2.1m; exact below a thousand."""
    value = int(number or 0)
    for size, letter in ((1_000_000_000, "b"), (1_000_000, "m"), (1_000, "k")):
        if abs(value) >= size:
            # Cut, not rounded: 999,999 is not yet a million.
            tenths = abs(value) * 10 // size
            sign = "-" if value < 0 else ""
            return f"{sign}{tenths // 10}{f'.{tenths % 10}' if tenths < 100 and tenths % 10 else ''}{letter}"
    return str(value)


def excerpt(html: str, length: int = 280) -> str:
    """The beginning of rendered Markdown as plain text."""
    return text.excerpt(unescape(strip_tags(html)), length=length)


def querystring(request: HttpRequest, **changes: object) -> str:
    """Return the query of the address shown, with other values; None takes a name out."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"
