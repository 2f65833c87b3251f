"""Template tags that every template has without loading."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from html import unescape
from typing import Any, Protocol
from zlib import crc32

from django import template
from django.core.paginator import Page
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest, QueryDict
from django.template.context import RequestContext
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString

from community.core import components, header
from community.core.text import excerpt

register = template.Library()

HUES = 8
AVATAR_PIXELS = {"small": 24, "": 40, "large": 64, "huge": 112}


class Pictured(Protocol):
    username: str
    display_name: str
    avatar: FieldFile


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, label: str = "") -> SafeString:
    """A drawing of static/img/icons.svg; decoration, unless `label` says what it means."""
    address = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)


@register.simple_tag
def avatar(member: Pictured | None, size: str = "") -> SafeString:
    """A person's picture, else their initials on a colour that stays theirs; size: small, large, huge.

    Decoration: the name is always written beside it, or on the link around it.
    """
    pixels = AVATAR_PIXELS[size]
    if member is not None and member.avatar:
        return format_html(
            '<img class="avatar" data-size="{}" src="{}" width="{}" height="{}" alt="" loading="lazy">',
            size, member.avatar.url, pixels, pixels,
        )  # fmt: skip
    if member is None:
        return format_html('<span class="avatar" data-size="{}" aria-hidden="true"></span>', size)
    hue = crc32(member.username.encode()) % HUES
    letters = initials(member.display_name or member.username)
    return format_html(
        '<span class="avatar" data-size="{}" data-hue="{}" aria-hidden="true">{}</span>', size, hue, letters
    )


def initials(name: str) -> str:
    """One or two letters: of the first and the last word that start with a letter or a digit."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return next((sign for sign in name if sign.isalnum()), "?").upper()
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


@register.simple_tag(name="ago")
def ago_tag(moment: datetime | None) -> SafeString:
    """“3 days ago”, kept current by <relative-time> in the browser, with the full time in the title."""
    return components.relative_time(moment)


@register.filter
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


@register.filter(name="excerpt")
def excerpt_filter(html: str, length: int = 280) -> str:
    """The beginning of rendered Markdown as plain text."""
    return excerpt(unescape(strip_tags(html)), length=length)


@register.inclusion_tag("core/_pagination.html", takes_context=True)
def pagination(context: Mapping[str, Any], page: Page[Any], fragment: str = "") -> dict[str, Any]:
    """Links to the other pages of `page`, keeping the rest of the address; `fragment` such as "#posts"."""
    elided = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    request: HttpRequest | None = context.get("request")
    query = request.GET if request else QueryDict()
    return {"query": query, "page": page, "numbers": list(elided), "fragment": fragment}


@register.inclusion_tag("core/_nav_link.html", takes_context=True)
def nav_link(
    context: Mapping[str, Any], address: str, text: str, symbol: str = "", exact: bool = False
) -> dict[str, Any]:
    """A link of the navigation, marked when the page shown is it or, unless `exact`, lies below it."""
    request: HttpRequest | None = context.get("request")
    here = request.path if request else ""
    current = here == address or (not exact and address != "/" and here.startswith(address))
    return {"address": address, "text": text, "symbol": symbol, "current": current}


@register.simple_tag(takes_context=True)
def header_count(context: Mapping[str, Any], name: str) -> int:
    request: HttpRequest | None = context.get("request")
    return header.count(name, request) if request else 0


@register.simple_tag(takes_context=True)
def jinja(context: RequestContext, name: str, **values: Any) -> SafeString:
    """Render one of the Jinja2 templates here, with what this template knows and `values`."""
    request: HttpRequest | None = context.get("request")
    known = {key: value for layer in context.dicts for key, value in layer.items()}
    return SafeString(get_template(name, using="jinja2").render({**known, **values}, request))


register.simple_tag(components.relative_time)
