"""Votes and likes."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from community.core import rate_limits
from community.core.requests import whole_number
from community.forum.services import likes
from community.members.requests import member_of
from community.pages import topic as topic_page
from community.qa import services

from .answers import visible_post_or_404
from .common import HtmxRequest, changed, post_or_404, refusing

VOTES: Final = {"up": 1, "down": -1, "unvote": 0}
LIKES: Final = {"like": likes.add, "unlike": likes.remove}


@require_POST
@login_required
@rate_limits.limited(rate_limits.REACTIONS)
@refusing
def post_react(request: HtmxRequest) -> HttpResponse:
    """Vote or like: the name of the button says what, its value is the post's id. One form does for a page of posts."""
    name = next((name for name in (*VOTES, *LIKES) if name in request.POST), "")
    post_id = whole_number(request.POST.get(name, ""))
    if post_id is None:
        raise PermissionDenied(_("Choose a vote or a like."))
    if name in VOTES:
        post = visible_post_or_404(request, post_id)
        services.vote(post, member=member_of(request), value=VOTES[name])
    else:
        post = post_or_404(request, post_id)
        LIKES[name](post, member=member_of(request))
    if not request.htmx:
        return redirect(post)
    # Only the buttons change, so only they are sent.
    page = topic_page.part_of(request, post)
    view = topic_page.view_of(page, post)
    if name in VOTES:
        score = ngettext("%(n)d vote", "%(n)d votes", view.post.score) % {"n": view.post.score}
        return changed(render(request, "qa/_votes.html", {"page": page, "post": view}), score)
    likes_now = ngettext("%(n)d like", "%(n)d likes", view.post.like_count) % {"n": view.post.like_count}
    return changed(render(request, "forum/_like_button.html", {"post": view}), likes_now)
