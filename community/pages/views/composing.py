"""Views for writing topics, replies and comments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget

from community.core import rate_limits
from community.core.markup import Markup
from community.core.permissions import Refused, require
from community.core.rate_limits import RateLimited
from community.core.requests import require_safe_or_post, whole_number
from community.forum import rules, search
from community.forum.forms.posts import TITLE_LENGTH, CommentForm, ReplyForm, TopicForm, blank_reply_form
from community.forum.models import Category, Post, Topic
from community.forum.people import suggest_people
from community.forum.services import posts, read_states, rendering, topics
from community.members import visitor_drafts
from community.members.models import Member
from community.members.requests import member_of
from community.members.services import profiles
from community.moderation import composer
from community.moderation.active_sanctions import suspended
from community.pages import topic as topic_page

from . import visitor_topics
from .common import (
    HtmxRequest,
    changed,
    elsewhere,
    post_or_404,
    posted,
    require_agreement,
    show_post,
    topic_or_404,
)

PREVIEWED = 40_000
HELD = gettext_lazy("Waiting for approval. A moderator will review your post soon.")


@require_safe_or_post
def topic_create(request: HtmxRequest) -> HttpResponse:
    """Show or submit the composer; `?category=`, `?kind=`, `?title=` prefill it, `?kept` with a visitor's draft."""
    if not request.user.is_authenticated:
        return visitor_topics.topic_begin(request)
    author = member_of(request)
    form = TopicForm(request.POST or None, author=author, initial=_wished(request, author))
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        require_agreement(request, form)
        if not form.errors and (topic := _create_topic(request, form, author)) is not None:
            if not topic.is_published:
                messages.info(request, HELD)
            if "kept" in request.POST:
                visitor_drafts.forget(author)
            return posted(redirect(topic), "topic")
    context = _composer(request, form)
    response = render(request, "forum/topic_create.html", context, status=_status(request, form))
    return rate_limits.answer(response, form)


@require_POST
@login_required
def draft_discard(request: HttpRequest) -> HttpResponse:
    """Delete what the member wrote as a visitor."""
    visitor_drafts.forget(member_of(request))
    messages.success(request, _("Draft deleted."))
    return redirect("/")


@require_safe_or_post
@login_required
def post_create(request: HtmxRequest, topic_id: int) -> HttpResponse:
    """Reply to a topic, or with `parent` to one of its posts."""
    topic = topic_or_404(request, topic_id)
    require(rules.can_reply(request.user, topic), _no_reply(request, topic))
    is_asker = rules.is_asker(request.user, topic)
    form = ReplyForm(request.POST or None, is_asker=is_asker, initial={"parent": request.GET.get("parent")})
    post = None
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        kind = form.cleaned_data.get("kind", "")
        parent = _replied_to(request, topic, form.cleaned_data["parent"], kind)
        post = _create_post(request, form, topic, parent=parent, kind=kind)
    if post is None:
        return _again(request, "forum/_reply_form.html", "forum/post_create.html", form, topic=topic)
    return posted(_appended(request, post, topic), f"reply:{topic.pk}")


@require_safe_or_post
@login_required
def comment_create(request: HtmxRequest, post_id: int) -> HttpResponse:
    """A short reply under a post."""
    parent = post_or_404(request, post_id)
    parent = parent.parent if parent.is_comment and parent.parent else parent
    topic = parent.topic
    require(rules.can_reply(request.user, topic), _no_reply(request, topic))
    require(parent.is_published, _("You can only comment on published posts."))
    form = CommentForm(request.POST or None, auto_id=f"id_c{parent.pk}_%s")
    post = None
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        post = _create_post(request, form, topic, parent=parent, kind=Post.Kind.COMMENT)
    if post is None:
        more = {"topic": topic, "post": parent}
        response = _again(request, "forum/_comment_form.html", "forum/comment_create.html", form, **more)
        if request.method == "GET":
            reswap(retarget(response, f"#p{parent.pk} > .post-main > :last-child"), "innerHTML")
        return response
    return posted(show_post(request, post, _said(post)), f"comment:{parent.pk}")


@require_POST
@login_required
def preview(request: HttpRequest) -> HttpResponse:
    """What is being typed, made by the same renderer as the post will be."""
    source = request.POST.get("source", "")[:PREVIEWED]
    try:
        rate_limits.hit(rate_limits.PREVIEWS, request)
    except RateLimited as error:
        paused = format_html("<p>{}</p>", error.sentence)
        response = render(request, "forum/_preview.html", {"html": paused})
        return rate_limits.set_retry_after(response, error.seconds)
    category_id = whole_number(request.POST.get("category") or request.GET.get("category", ""))
    with_formulas = Category.objects.visible_to(request.user).filter(formulas=True)
    formulas = category_id is not None and with_formulas.filter(pk=category_id).exists()
    shown = rendering.preview(source, markup=_markup(request), formulas=formulas)
    html = shown.html if source.strip() else ""
    return render(request, "forum/_preview.html", {"html": html})


def _markup(request: HttpRequest) -> Markup:
    """Return the markup of the post being edited, from `?markup=`."""
    return Markup.COMMONMARK if request.GET.get("markup") == Markup.COMMONMARK else Markup.MARKDOWN


@require_GET
@login_required
@rate_limits.limited(rate_limits.SUGGESTIONS)
def similar_topics(request: HttpRequest) -> HttpResponse:
    """Topics that may already answer what is about to be asked."""
    found = search.similar(request.user, request.GET.get("title", "")[:255])
    return render(request, "forum/_similar_while_typing.html", {"similar": found})


@require_GET
@login_required
@rate_limits.limited(rate_limits.SUGGESTIONS)
def mention_suggestions(request: HttpRequest) -> JsonResponse:
    """Members whose handle or name begins like `?q=`, those of `?topic=` first."""
    begun = request.GET.get("q", "")[:40].strip()
    topic_id = whole_number(request.GET.get("topic", ""))
    people = suggest_people(
        begun, reader=member_of(request), topic_id=topic_id, excluding=suspended(timezone.now())
    )
    return JsonResponse({"people": [{"username": p.username, "name": str(p)} for p in people]})


def _wished(request: HttpRequest, author: Member) -> dict[str, Any]:
    if "kept" in request.GET and (draft := visitor_drafts.of(author)):
        return {**draft.fields, "kept": True}
    asked = request.GET.get("category", "")
    categories = Category.objects.creatable_by(author)
    category = categories.filter(slug=asked).first() if asked else None
    kind = request.GET.get("kind", "")
    if kind not in Topic.Kind.values:
        kind = rules.topic_kinds(author, category)[0] if category else Topic.Kind.QUESTION
    return {"category": category, "kind": kind, "title": request.GET.get("title", "")[: TITLE_LENGTH[1]]}


def _composer(request: HtmxRequest, form: TopicForm) -> dict[str, Any]:
    author = member_of(request)
    categories = list(form.fields["category"].queryset)  # type: ignore[attr-defined]
    for category in categories:
        category.kinds_offered = rules.topic_kinds(author, category)
    offered = [kind for kind in Topic.Kind if any(kind in one.kinds_offered for one in categories)]
    form.fields["kind"].choices = [(kind.value, kind.label) for kind in offered]  # type: ignore[attr-defined]
    return {
        "form": form,
        "topic": None,
        "categories": categories,
        "is_kept": "kept" in request.POST or "kept" in form.initial,
        "preview_html": preview_of(request, form, _chosen_category(form)),
        "rate_limit_sentences": composer.sentences(author),
    }


def _create_topic(request: HttpRequest, form: TopicForm, author: Member) -> Topic | None:
    if not rate_limits.check(form, rate_limits.TOPICS, request):
        return None
    data = form.cleaned_data
    try:
        topic = topics.create(
            data["category"],
            author=author,
            kind=data["kind"],
            title=data["title"],
            source=data["source"],
            tags=data["tags"],
        )
    except Refused as refusal:
        form.add_error(None, refusal.sentence)
        return None
    except RateLimited as error:  # of new members
        form.add_error(None, error)
        return None
    if author.picture_asked_on is None:
        profiles.ask_for_picture(author, post_id=topic.posts.get(kind=Post.Kind.OPENING).pk)
    return topic


def _create_post(
    request: HttpRequest, form: forms.Form, topic: Topic, *, parent: Post | None, kind: str = ""
) -> Post | None:
    require_agreement(request, form)
    if form.errors or not rate_limits.check(form, rate_limits.POSTS, request):
        return None
    author = member_of(request)
    try:
        post = posts.create(
            topic, author=author, source=form.cleaned_data["source"], parent=parent, kind=kind
        )
    except Refused as refusal:
        form.add_error(None, refusal.sentence)
        return None
    except RateLimited as error:  # of new members
        form.add_error(None, error)
        return None
    if not post.is_comment:
        profiles.ask_for_picture(author, post_id=post.pk)
    return post


def _appended(request: HtmxRequest, post: Post, topic: Topic) -> HttpResponse:
    """Append the reply for htmx, or redirect to it."""
    if not request.htmx:
        if not post.is_published:
            messages.info(request, HELD)
        return redirect(post)
    if post.is_comment and "page=" in (request.htmx.current_url or ""):
        return elsewhere(post.get_absolute_url())  # its parent is on the first page
    page = topic_page.part_of(request, post)
    form = blank_reply_form(is_asker=page.is_asker)
    context = {"page": page, "topic": page.topic, "form": form, "preview_html": ""}
    read_states.mark_read(topic, member=member_of(request), number=post.number)
    if post.is_comment:
        response = retarget(render(request, "forum/_follow_up.html", context), f"#p{post.parent_id}")
    else:
        response = render(request, "forum/_appended.html", context)
    return changed(response, _said(post), focus=f"#p{post.pk}")


def _said(post: Post) -> str:
    return _("Your post is published.") if post.is_published else str(HELD)


def _again(request: HtmxRequest, fragment: str, page: str, form: forms.Form, **context: Any) -> HttpResponse:
    """Show the form again with input, errors and preview."""
    context |= {"form": form, "preview_html": preview_of(request, form, context["topic"].category)}
    template = fragment if request.htmx else page
    response = render(request, template, context, status=_status(request, form))
    # On errors, replace only the form.
    if request.method == "POST":
        response["HX-Retarget"] = "this"
    return rate_limits.answer(response, form)


def _chosen_category(form: TopicForm) -> Category | None:
    return form.cleaned_data.get("category") if form.is_bound and form.errors is not None else None


def _status(request: HttpRequest, form: forms.Form) -> int:
    return 422 if form.errors and "preview" not in request.POST else 200


def preview_of(
    request: HttpRequest, form: forms.Form, category: Category | None, *, markup: str = Markup.MARKDOWN
) -> str:
    """The preview that a form without scripts asked for; none otherwise, or after too many."""
    if "preview" not in request.POST or not rate_limits.check(form, rate_limits.PREVIEWS, request):
        return ""
    formulas = category is not None and category.formulas
    return rendering.preview(
        request.POST.get("source", "")[:PREVIEWED], markup=markup, formulas=formulas
    ).html


def _replied_to(request: HttpRequest, topic: Topic, parent_id: int | None, kind: str) -> Post | None:
    """Return the post being replied to; for comments from the form below the topic, the opening post."""
    if kind == Post.Kind.COMMENT:
        return topic.posts.get(kind=Post.Kind.OPENING)
    if parent_id is None:
        return None
    return Post.objects.visible_to(request.user).filter(topic=topic, pk=parent_id).first()


def _no_reply(request: HttpRequest, topic: Topic) -> str:
    if topic.is_closed:
        return _("This topic is closed to new replies.")
    return _("Only some groups can reply here.")
