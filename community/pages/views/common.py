"""Helpers for forum views."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event
from django_htmx.middleware import HtmxDetails

from community.core.permissions import Refused
from community.forum.models import Post, Topic
from community.members.requests import member_of
from community.members.rules import has_accepted_current
from community.pages import topic as topic_page

P = ParamSpec("P")

# Cookie that tells drafts.js which draft was stored.
POSTED = "posted"


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


def topic_or_404(request: HttpRequest, topic_id: int) -> Topic:
    """Return a visible topic that is not merged: merged topics have no posts, so nothing can be done to them."""
    topic = topic_page.find_topic(request.user, topic_id)
    if topic is None or topic.merged_into_id:
        raise Http404(_("This topic does not exist."))
    return topic


def post_or_404(request: HttpRequest, post_id: int) -> Post:
    """Return a post on a visible topic, stubs included."""
    posts = Post.objects.filter(topic__in=Topic.objects.visible_to(request.user)).on_page_of(request.user)
    related = posts.select_related("topic__category", "author", "parent")
    return get_object_or_404(related.defer("search", "topic__search"), pk=post_id)


def refusing(
    view: Callable[Concatenate[HtmxRequest, P], HttpResponse],
) -> Callable[Concatenate[HtmxRequest, P], HttpResponse]:
    """Turn what a service refuses into a 403 page that says why."""

    @functools.wraps(view)
    def refused(request: HtmxRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refusal:
            raise PermissionDenied(refusal.sentence) from refusal

    return refused


def require_agreement(request: HttpRequest, form: forms.Form) -> None:
    """Add an error to a valid form when its author has yet to agree to the guidelines in force."""
    if has_accepted_current(member_of(request)):
        return
    query = urlencode({"next": request.get_full_path()})
    form.add_error(
        None,
        format_html(
            '{} <a href="{}?{}" target="_blank">{}</a> {}',
            _("Before you post:"),
            reverse("members:guidelines"),
            query,
            _("read and agree to our guidelines"),
            _("(opens in a new tab), then try again."),
        ),
    )


def show_post(
    request: HtmxRequest, post: Post, sentence: str = "", *, template: str = "forum/_post.html"
) -> HttpResponse:
    """Return the updated post for htmx, or redirect to it; `sentence` says what was done."""
    if not request.htmx:
        return redirect(post)
    page = topic_page.part_of(request, post)
    response = render(request, template, {"page": page, "topic": page.topic})
    return changed(response, sentence, focus=f"#p{post.pk}")


def changed(response: HttpResponse, sentence: str, *, focus: str = "") -> HttpResponse:
    """Have thread.js announce the sentence and focus what changed, unless that is a button with an id."""
    detail = {"focus": focus, "message": sentence}
    return trigger_client_event(response, "changed", detail, after="settle")


def elsewhere(address: str) -> HttpResponse:
    """Make htmx load another page."""
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def posted(response: HttpResponse, draft: str) -> HttpResponse:
    response.set_cookie(POSTED, draft, max_age=60, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response
