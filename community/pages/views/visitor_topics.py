"""The composer for visitors. What they write is posted once they have signed up or logged in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from community.core import rate_limits, unsent
from community.forum import rules
from community.forum.forms.posts import TITLE_LENGTH, VisitorTopicForm
from community.forum.models import Category, Topic
from community.members import visitor_drafts

KEPT = ("category", "kind", "title", "source")


def topic_begin(request: HttpRequest) -> HttpResponse:
    """Show the composer to a visitor, or keep what they wrote and go on to sign up or log in.

    If the form was shown to a member, their session has ended: see `members/session_ended.py`.
    """
    visitor = AnonymousUser()
    if unsent.shown_to(request).isdigit():
        return redirect_to_login(request.get_full_path())
    form = VisitorTopicForm(request.POST or None, visitor=visitor, initial=_wished(request, visitor))
    is_written = request.method == "POST" and form.is_valid()
    if is_written and rate_limits.check(form, rate_limits.VISITOR_DRAFTS, request):
        return _keep(request, form)
    response = render(request, "forum/topic_begin.html", {"form": form}, status=422 if form.errors else 200)
    return rate_limits.answer(response, form)


def _keep(request: HttpRequest, form: VisitorTopicForm) -> HttpResponse:
    address = f"{reverse('forum:topic-create')}?kept=1"
    fields = {name: form.cleaned_data[name] for name in KEPT}
    fields["category"] = form.cleaned_data["category"].pk
    visitor_drafts.keep(request, address=address, fields=fields)
    next_page = "account_login" if "log_in" in request.POST else "account_signup"
    return redirect(f"{reverse(next_page)}?{urlencode({'next': address})}")


def _wished(request: HttpRequest, visitor: AnonymousUser) -> dict[str, Any]:
    categories = Category.objects.open_to_new_members()
    category = categories.filter(slug=request.GET.get("category", "")).first()
    kind = request.GET.get("kind", Topic.Kind.QUESTION)
    if category and kind not in rules.topic_kinds(visitor, category):
        kind = rules.topic_kinds(visitor, category)[0]
    return {"category": category, "kind": kind, "title": request.GET.get("title", "")[: TITLE_LENGTH[1]]}
