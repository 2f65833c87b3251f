"""Pages written once for all ordinary members and filled in for each, dropped when what they show changes.

They are written as nobody in particular sees them: a member without a role, a group or a post. So they hold
nothing that some member may not see, and no page is made for a reader who would be shown something else.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone

from community.core import demo
from community.core.freshness import EVERYTHING
from community.core.holes import Holes, Part, fill
from community.members.models import Member

from .visitor_cache import page_key


class Written(NamedTuple):
    """A page for many readers, as it is kept."""

    parts: list[Part]
    facts: Any  # what it takes to fill it in
    not_for: Collection[int]  # members who are shown more than others there


Make = Callable[[HttpRequest], "tuple[Written, int] | None"]


def written_for_members(request: HttpRequest, *, depends_on: str, make: Make) -> Written | None:
    """Return the page, kept or made now; None when this reader needs one of their own.

    `make` is given the request as nobody's, and says for how many seconds the page may be kept.
    """
    if not _is_ordinary(request):
        return None
    key = page_key(request, "members", timezone.get_current_timezone_name())
    found: dict[str, Any] = cache.get_many([key, depends_on, EVERYTHING])
    version = (found.get(depends_on), found.get(EVERYTHING))
    if (kept := found.get(key)) is None or kept[0] != version:
        if (made := make(_as_nobody(request))) is None:
            return None
        kept = (version, made[0])
        if not demo.is_being_written():
            cache.set(key, kept, made[1])
    written: Written = kept[1]
    return None if request.user.pk in written.not_for else written


def write(request: HttpRequest, template: str, context: dict[str, Any], **kept: Any) -> Written:
    """Render a page of nobody's request with its holes left open."""
    holes = Holes()
    open_ended = {"holes": holes, "csrf_token": holes.leave("csrf_token")}
    return Written(holes.cut(render_to_string(template, {**context, **open_ended}, request)), **kept)


def filled(request: HttpRequest, written: Written, own: dict[str, Any]) -> HttpResponse:
    """Answer with the page as it is for this reader."""
    corner = render_to_string("_corner.html", {"user": request.user}, request)
    return HttpResponse(fill(written.parts, {"csrf_token": get_token(request), "corner": corner, **own}))


def _is_ordinary(request: HttpRequest) -> bool:
    """Whether the reader is shown what every member is; the team sees more, and messages are for one person."""
    if settings.VISITOR_PAGE_SECONDS <= 0 or request.method not in ("GET", "HEAD") or demo.is_being_written():
        return False
    user = request.user
    return user.is_authenticated and not (user.is_team or user.is_superuser or len(get_messages(request)))


def _as_nobody(request: HttpRequest) -> HttpRequest:
    nobodys = copy.copy(request)
    nobodys.user = Member(pk=0)
    return nobodys
