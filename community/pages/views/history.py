"""A post's revisions: view, hide and show them."""

from __future__ import annotations

from time import thread_time
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from community.core.pagination import page_of
from community.core.permissions import require
from community.forum import rules
from community.forum.differences import Piece, collapse_unchanged, word_diff
from community.forum.models import Post, Revision
from community.forum.services import rendering, revisions
from community.members.requests import member_of

from .common import HtmxRequest, post_or_404, refusing

# Seconds of the processor that comparing all the versions of one post may take.
COMPARING = 1.0
VERSIONS = 20


@require_safe
def post_history(request: HttpRequest, post_id: int) -> HttpResponse:
    """Every version of a post, newest first, each with what it changed."""
    post = post_or_404(request, post_id)
    require(rules.can_read_words(request.user, post), _("This post is not visible at the moment."))
    return render(request, "forum/post_history.html", _history(request, post))


@require_POST
@login_required
@refusing
def revision_hide(request: HtmxRequest, post_id: int, number: int) -> HttpResponse:
    """Keep a version of a post from everyone but moderators."""
    revision = _to_arrange(request, post_id, number)
    revisions.hide(revision, actor=member_of(request))
    return _arranged(request, revision.post)


@require_POST
@login_required
def revision_show(request: HtmxRequest, post_id: int, number: int) -> HttpResponse:
    """Let everyone read a hidden version again."""
    revision = _to_arrange(request, post_id, number)
    revisions.show(revision, actor=member_of(request))
    return _arranged(request, revision.post)


def _to_arrange(request: HtmxRequest, post_id: int, number: int) -> Revision:
    post = post_or_404(request, post_id)
    require(rules.can_hide_versions(request.user), _("Only moderators can hide or show versions."))
    revision = post.revisions.filter(number=number).first()
    if revision is None:
        raise Http404(_("This version does not exist."))
    revision.post = post
    return revision


def _arranged(request: HtmxRequest, post: Post) -> HttpResponse:
    if not request.htmx:
        return redirect("forum:post-history", post.pk)
    return render(request, "forum/_versions.html", _history(request, post))


def _history(request: HttpRequest, post: Post) -> dict[str, Any]:
    """What the page shows; the words of a version that the reader may not read are not in it."""
    rows = post.revisions.select_related("editor", "hidden_by")
    page = page_of(request, rows.order_by("-number"), per_page=VERSIONS)
    revisions = list(page.object_list)[::-1]
    before = rows.filter(number__lt=revisions[0].number).last() if page.has_next() else None
    until = thread_time() + COMPARING
    versions = []
    for revision in revisions:
        version: dict[str, Any] = {"revision": revision, "is_first": before is None, "is_whole": False}
        version["is_told"] = rules.can_read_version(request.user, revision)
        if version["is_told"]:
            known = before is not None and rules.can_read_version(request.user, before)
            if before and known:
                version |= _change(before, revision, until)
            else:
                version |= {"is_whole": True, "source": rendering.editable_source(revision)}
        versions.append(version)
        before = revision
    return {
        "post": post,
        "topic": post.topic,
        "page": page,
        "versions": versions[::-1],
        "changes": max(0, page.paginator.count - 1),
        "can_hide": rules.can_hide_versions(request.user),
    }


def _change(before: Revision, after: Revision, until: float) -> dict[str, Any]:
    def compared(old: str, new: str) -> list[Piece]:
        return word_diff(old, new, until=until) if old != new else []

    return {
        "text": collapse_unchanged(
            compared(rendering.editable_source(before), rendering.editable_source(after))
        ),
        "title": compared(before.title, after.title),
        "tags": compared(before.tags, after.tags),
    }
