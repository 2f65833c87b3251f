"""Template helpers for both engines: icons, initials, times and short numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from community.core import text
from community.core.rendered_html import text_of

# Of avatars without a picture; static/css/components/people.css has a rule for each. Twice: as a strong colour and as a
# soft one.
HUES = ("red", "orange", "amber", "olive", "green", "jade", "teal", "sky", "blue", "violet", "purple", "pink")
STRENGTHS = ("", "-soft")
# Members join one after another, so neighbouring ids get colours from opposite sides of the circle.
STRIDE = 5


@cache
def icon_names() -> list[str]:
    """Return the names of all icons in static/css/icons.css, sorted."""
    css = (settings.BASE_DIR / "static/css/icons.css").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"^\s*\.i-([a-z0-9-]+) \{", css, re.MULTILINE)))


def validate_icon(name: str, *, field: str = "icon") -> None:
    """Raise ValidationError about the field unless there is an icon with this name."""
    if name not in icon_names():
        raise ValidationError({field: _("There is no icon called “%(name)s”.") % {"name": name}})


@lru_cache(maxsize=1024)
def icon(name: str, label: str = "") -> SafeString:
    """Return an icon of static/css/icons.css; decorative unless `label` is given."""
    if label:
        return format_html('<i class="icon i-{}" role="img" aria-label="{}"></i>', name, label)
    return format_html('<i class="icon i-{}"></i>', name)


@lru_cache(maxsize=4096)
def hue(member_id: int | None) -> str:
    """Return the colour that stays the member's: “teal” or “teal-soft”. 24 members in a row get 24 colours."""
    number = member_id or 0
    return HUES[number * STRIDE % len(HUES)] + STRENGTHS[number // len(HUES) % len(STRENGTHS)]


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """Return two letters: of the first and last word that start with a letter or digit, or of the only one."""
    words = [word for word in name.split() if word[0].isalnum()]
    if len(words) > 1:
        signs = [words[0][0], words[-1][0]]
    else:
        signs = [sign for sign in (words[0] if words else name) if sign.isalnum()][:2]
    return "".join(sign.upper()[:1] for sign in signs) or "?"  # "ß" becomes two letters


def picture(person: Any) -> Any:
    """Return the person's avatar; None without one, for which Django would make a file object each time."""
    return None if vars(person).get("avatar") == "" else person.avatar or None


def relative_time(moment: datetime | None, *, narrow: bool = False, zone: tzinfo | None = None) -> SafeString:
    """Return an absolute time in the reader's zone; scripts turn it into “3 days ago”, or “3d ago” if `narrow`.

    The <relative-time> element then shows the full time in its title.
    """
    if moment is None:
        return SafeString("")
    return _relative_time(moment, narrow, zone or timezone.get_current_timezone(), get_language())


@lru_cache(maxsize=4096)
def _relative_time(moment: datetime, narrow: bool, zone: tzinfo, language: str | None) -> SafeString:
    exact, local = moment.astimezone(UTC), moment.astimezone(zone)
    day = f"{local.day} {_month(local.month, language)} {local.year}"
    style = ' format-style="narrow" prefix=""' if narrow else ""
    return SafeString(
        f'<relative-time datetime="{exact:%Y-%m-%dT%H:%M:%SZ}"{style}>{day}, {local:%H:%M}</relative-time>'
    )


@lru_cache
def _month(number: int, language: str | None) -> str:
    return escape(MONTHS_3[number].title())


def compact(number: int | None) -> str:
    """Shorten a number: 1234 -> 1.2k, 15300 -> 15k, 2100000 -> 2.1m; exact below a thousand."""
    value = int(number or 0)
    for size, letter in ((1_000_000_000, "b"), (1_000_000, "m"), (1_000, "k")):
        if abs(value) >= size:
            # Truncate, do not round: 999,999 is not yet a million.
            tenths = abs(value) * 10 // size
            sign = "-" if value < 0 else ""
            return f"{sign}{tenths // 10}{f'.{tenths % 10}' if tenths < 100 and tenths % 10 else ''}{letter}"
    return str(value)


def excerpt(html: str, length: int = 280) -> str:
    """Return the beginning of rendered Markdown as plain text."""
    return text.excerpt(text_of(html), length=length)


def querystring(request: HttpRequest, **changes: object) -> str:
    """Return the query string with changes; None removes a parameter."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"
