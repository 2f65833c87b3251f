from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import retarget

from community.core import rate_limits
from community.core.permissions import require
from community.forum.models import Post
from community.members.requests import member_of
from community.pages import topic as topic_page
from community.qa import rules, services

from .common import HtmxRequest, changed, refusing, show_post, topic_or_404


@require_POST
@login_required
@rate_limits.limited(rate_limits.REACTIONS)
@refusing
def answer_accept(request: HtmxRequest, post_id: int) -> HttpResponse:
    answer = visible_post_or_404(request, post_id)
    require(
        rules.can_accept_in(request.user, answer.topic),
        _("Only the person who asked or the team can accept an answer."),
    )
    services.accept_answer(answer, actor=member_of(request))
    return _thread(request, answer, _("The answer is accepted."))


@require_POST
@login_required
@rate_limits.limited(rate_limits.REACTIONS)
def answer_unaccept(request: HtmxRequest, post_id: int) -> HttpResponse:
    answer = visible_post_or_404(request, post_id)
    require(
        rules.can_accept_in(request.user, answer.topic),
        _("Only the person who asked or the team can undo this."),
    )
    services.unaccept_answer(answer, actor=member_of(request))
    return _thread(request, answer, _("The answer is no longer accepted."))


@require_POST
@login_required
@refusing
def answer_official(request: HtmxRequest, post_id: int) -> HttpResponse:
    answer = visible_post_or_404(request, post_id)
    require(rules.can_mark_official(request.user), _("Only the team can mark an answer as official."))
    services.mark_official(answer, actor=member_of(request))
    return show_post(request, answer, _("The answer is marked as official."))


@require_POST
@login_required
def answer_unofficial(request: HtmxRequest, post_id: int) -> HttpResponse:
    answer = visible_post_or_404(request, post_id)
    require(rules.can_mark_official(request.user), _("Only the team can remove the official mark."))
    services.unmark_official(answer, actor=member_of(request))
    return show_post(request, answer, _("The answer is no longer marked as official."))


def visible_post_or_404(request: HttpRequest, post_id: int) -> Post:
    posts = Post.objects.visible_to(request.user).select_related("topic__category", "author", "parent")
    return get_object_or_404(posts.defer("search", "topic__search"), pk=post_id)


def _thread(request: HtmxRequest, answer: Post, sentence: str) -> HttpResponse:
    """The order of the answers has changed: the first page of the topic again, or the way to the answer."""
    if not request.htmx:
        return redirect(answer)
    topic = topic_or_404(request, answer.topic_id)
    response = render(
        request, "forum/_thread.html", {"page": topic_page.page_of(request, topic), "topic": topic}
    )
    response["HX-Push-Url"] = f"{topic.get_absolute_url()}#p{answer.pk}"
    response["HX-Reswap"] = f"outerHTML show:#p{answer.pk}:top"
    return retarget(changed(response, sentence, focus=f"#p{answer.pk}"), "#posts")
