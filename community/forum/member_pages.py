"""Pages written once for all ordinary members and filled in for each, dropped when what they show changes.

They are written as nobody in particular sees them: a member without a role, a group or a post. So they hold
nothing that some member may not see, and no page is made for a reader who would be shown something else.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, Concatenate, NamedTuple, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import timezone

from community.core import demo
from community.core.holes import Holes, Part, fill
from community.core.kept_pages import find_page, keep_page, page_key
from community.members.models import Member

from .kept_pages import LISTS
from .models import Category, ReadState


class Written(NamedTuple):
    """A page for many readers, as it is kept."""

    parts: list[Part]
    facts: Any  # what it takes to fill it in
    not_for: Collection[int] = ()  # members who are shown more than others there


Make = Callable[[HttpRequest], "tuple[Written, int] | None"]
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def written_for_members(request: HttpRequest, *, depends_on: str, make: Make) -> Written | None:
    """Return the page, kept or made now; None when this reader needs one of their own.

    `make` is given the request as nobody's, and says for how many seconds the page may be kept.
    """
    if not _is_ordinary(request):
        return None
    key = page_key(request, "members", timezone.get_current_timezone_name())
    written: Written | None
    written, versions = find_page(key, depends_on=depends_on)
    if written is None:
        if (made := make(_as_nobody(request))) is None:
            return None
        written, seconds = made
        keep_page(key, written, versions=versions, seconds=seconds)
    return None if request.user.pk in written.not_for else written


def kept_for_members(view: View[P]) -> View[P]:
    """Answer ordinary members with a list of topics as nobody in particular sees it, and how much is unread.

    Members of a group for which there are categories of its own get theirs.
    """

    @functools.wraps(view)
    def shared(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        def make(nobodys: HttpRequest) -> tuple[Written, int] | None:
            with suppress(Http404):
                response = view(nobodys, *args, **kwargs)
                if response.status_code == 200:
                    page = cut(nobodys, response.content.decode())
                    return Written(page, facts=groups_with_categories()), settings.KEPT_PAGE_SECONDS
            return None

        written = written_for_members(request, depends_on=LISTS, make=make)
        if written is None or is_in_group(request, written.facts):
            return view(request, *args, **kwargs)
        return filled(request, written, {"unread": _unread(request, written)})

    return shared


def cut(nobodys: HttpRequest, page: str) -> list[Part]:
    """Return the parts of a page that was rendered for nobody's request."""
    holes: Holes = nobodys.holes  # type: ignore[attr-defined]
    return holes.cut(page)


def groups_with_categories() -> list[int]:
    """The groups whose members may see or do in some category what others may not."""
    fields = ("see_groups", "reply_groups", "create_groups")
    chosen = [Q(pk__in=getattr(Category, field).through.objects.values("group")) for field in fields]
    return list(Group.objects.filter(chosen[0] | chosen[1] | chosen[2]).values_list("pk", flat=True))


def is_in_group(request: HttpRequest, groups: Sequence[int]) -> bool:
    return bool(groups) and request.user.groups.filter(pk__in=groups).exists()


def _unread(request: HttpRequest, written: Written) -> dict[int, str]:
    """By topic, the link to what the reader has not read of it."""
    shown = [part[1] for part in written.parts if not isinstance(part, str) and part[0] == "unread"]
    counts = ReadState.objects.unread_counts(cast(Member, request.user), shown)
    rows = [{"pk": pk, "unread_count": count} for pk, count in counts.items()]
    return {row["pk"]: render_to_string("forum/_unread.html", {"topic": row}) for row in rows}


def filled(request: HttpRequest, written: Written, own: dict[str, Any]) -> HttpResponse:
    """Answer with the page as it is for this reader."""
    token = get_token(request)
    # By themselves, as what is rendered for a request first asks for much that these do not show.
    corner = {"request": request, "user": request.user, "csrf_token": token}
    own = {"csrf_token": token, "corner": render_to_string("_corner.html", corner), **own}
    return HttpResponse(fill(written.parts, own))


def _is_ordinary(request: HttpRequest) -> bool:
    """Whether the reader is shown what every member is; the team sees more, and messages are for one person."""
    if settings.KEPT_PAGE_SECONDS <= 0 or request.method not in ("GET", "HEAD") or demo.is_being_written():
        return False
    user = request.user
    return user.is_authenticated and not (user.is_team or len(get_messages(request)))


def _as_nobody(request: HttpRequest) -> HttpRequest:
    nobodys = copy.copy(request)
    nobodys.user = Member(pk=0)
    nobodys.holes = Holes()  # type: ignore[attr-defined]
    return nobodys
