"""What moderators do with a topic."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from community.core.permissions import require
from community.core.requests import require_safe_or_post
from community.forum import rules
from community.forum.forms.topic_actions import CloseForm, MergeForm, MoveForm, SplitForm
from community.forum.models import Topic
from community.forum.services import topics
from community.members.requests import member_of

from .common import HtmxRequest, refusing, topic_or_404


@require_POST
@login_required
def topic_pin(request: HtmxRequest, topic_id: int) -> HttpResponse:
    topic = _moderated(request, topic_id)
    topics.pin(topic, actor=member_of(request), everywhere="everywhere" in request.POST)
    return _done(request, topic, _("Topic pinned."))


@require_POST
@login_required
def topic_unpin(request: HtmxRequest, topic_id: int) -> HttpResponse:
    topic = _moderated(request, topic_id)
    topics.unpin(topic, actor=member_of(request))
    return _done(request, topic, _("Topic unpinned."))


@require_safe_or_post
@login_required
def topic_close(request: HtmxRequest, topic_id: int) -> HttpResponse:
    topic = _moderated(request, topic_id)
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        topics.close(topic, actor=member_of(request), **form.cleaned_data)
        return _done(request, topic, _("Topic closed."))
    return _page(request, "forum/topic_close.html", topic, form)


@require_POST
@login_required
def topic_reopen(request: HtmxRequest, topic_id: int) -> HttpResponse:
    topic = _moderated(request, topic_id)
    topics.reopen(topic, actor=member_of(request))
    return _done(request, topic, _("Topic reopened."))


@require_safe_or_post
@login_required
def topic_move(request: HtmxRequest, topic_id: int) -> HttpResponse:
    topic = _moderated(request, topic_id)
    form = MoveForm(request.POST or None, actor=member_of(request), topic=topic)
    if request.method == "POST" and form.is_valid():
        topics.move(topic, to=form.cleaned_data["category"], actor=member_of(request))
        return _done(request, topic, _("Topic moved."))
    return _page(request, "forum/topic_move.html", topic, form)


@require_safe_or_post
@login_required
@refusing
def topic_merge(request: HtmxRequest, topic_id: int) -> HttpResponse:
    topic = _moderated(request, topic_id)
    form = MergeForm(request.POST or None, actor=member_of(request), topic=topic)
    if request.method == "POST" and form.is_valid():
        target = topics.merge(topic, into=form.cleaned_data["into"], actor=member_of(request))
        return _done(request, target, _("Topics merged."))
    return _page(request, "forum/topic_merge.html", topic, form)


@require_safe_or_post
@login_required
@refusing
def topic_split(request: HtmxRequest, topic_id: int) -> HttpResponse:
    topic = _moderated(request, topic_id)
    form = SplitForm(request.POST or None, actor=member_of(request), topic=topic)
    if request.method == "POST" and form.is_valid():
        new = topics.split(topic, actor=member_of(request), **form.cleaned_data)
        return _done(request, new, _("The selected posts were moved to a new topic."))
    return _page(request, "forum/topic_split.html", topic, form)


def _moderated(request: HtmxRequest, topic_id: int) -> Topic:
    topic = topic_or_404(request, topic_id)
    require(rules.is_moderator(request.user), _("Only moderators can do this."))
    return topic


def _done(request: HtmxRequest, topic: Topic, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect(topic)


def _page(request: HtmxRequest, template: str, topic: Topic, form: forms.Form) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, template, {"topic": topic, "form": form}, status=status)
