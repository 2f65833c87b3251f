"""What is done to one post."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from community.core import rate_limits
from community.core.markup import Markup
from community.core.permissions import require
from community.core.requests import require_safe_or_post
from community.core.text import storable
from community.forum import rules, screening
from community.forum.forms.posts import EditForm
from community.forum.models import Post
from community.forum.screening import ALLOW, Verdict
from community.forum.services import posts, rendering, topics
from community.members.forms import PictureForm
from community.members.requests import member_of
from community.members.services import profiles
from community.pages import topic as topic_page

from .common import (
    HtmxRequest,
    elsewhere,
    post_or_404,
    posted,
    refusing,
    require_agreement,
    show_post,
)
from .composing import preview_of

CHANGED = "forum/_changed_post.html"
HAS_ANSWERS = gettext_lazy(
    "This edit contains a word that a moderator must review, but others have already replied to this post, so it cannot be held. Please reword it or post a new reply."
)


@require_safe_or_post
@login_required
@refusing
def post_edit(request: HtmxRequest, post_id: int) -> HttpResponse:
    """Edit a post; for an opening, also title and tags."""
    post = post_or_404(request, post_id)
    may = rules.can_edit_post(request.user, post, post.topic)
    require(may, _("You can edit your own posts for 30 days. After that, ask a moderator."))
    form = EditForm(request.POST or None, post=post, auto_id=f"id_e{post.pk}_%s")
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        require_agreement(request, form)
        verdict = _screened(request, post, form)
        allowed = not form.errors and rate_limits.check(form, rate_limits.EDITS, request)
        if allowed and _save(request, post, form, verdict):
            if post.is_opening and request.htmx:
                return elsewhere(post.topic.get_absolute_url())
            return posted(show_post(request, post, _("Your changes are saved.")), f"edit:{post.pk}")
    context = {"form": form, "post": post, "topic": post.topic, "preview_html": _preview(request, post, form)}
    template = "forum/_edit_form.html" if request.htmx else "forum/post_edit.html"
    is_bad = bool(form.errors) and "preview" not in request.POST
    response = render(request, template, context, status=422 if is_bad else 200)
    response["HX-Retarget"] = f"#p{post.pk}"
    return rate_limits.answer(response, form)


def _preview(request: HttpRequest, post: Post, form: EditForm) -> str:
    """The preview, if requested; also shown at first for posts in HTML, because saving converts them."""
    if request.method != "POST" and post.markup == Markup.HTML:
        formulas = post.topic.category.formulas
        return rendering.preview(rendering.editable_source(post), formulas=formulas).html
    return preview_of(request, form, post.topic.category, markup=rendering.editable_markup(post))


@require_safe
@login_required
def post_show(request: HtmxRequest, post_id: int) -> HttpResponse:
    """Show the post, when editing is cancelled."""
    return show_post(request, post_or_404(request, post_id))


@require_safe
@login_required
def post_menu(request: HtmxRequest, post_id: int) -> HttpResponse:
    """What else can be done to a post: a menu in its place, or a page of its own."""
    post = post_or_404(request, post_id)
    page = topic_page.part_of(request, post)
    template = "forum/_post_menu.html" if request.htmx else "forum/post_menu.html"
    return render(
        request, template, {"page": page, "view": topic_page.view_of(page, post), "topic": page.topic}
    )


@require_POST
@login_required
@refusing
def post_delete(request: HtmxRequest, post_id: int) -> HttpResponse:
    post = post_or_404(request, post_id)
    may = rules.can_delete_post(request.user, post, post.topic)
    require(may or post.is_deleted, _("Only moderators can delete this post."))
    posts.delete(post, actor=member_of(request), reason=storable(request.POST.get("reason", ""))[:300])
    if not post.is_opening:
        return show_post(request, post, _("The post was deleted."), template=CHANGED)
    if member_of(request).is_moderator:
        return elsewhere(post.topic.get_absolute_url()) if request.htmx else redirect(post.topic)
    messages.success(request, _("Your topic was deleted."))
    where = post.topic.category.get_absolute_url()
    return elsewhere(where) if request.htmx else redirect(where)


@require_POST
@login_required
@refusing
def post_restore(request: HtmxRequest, post_id: int) -> HttpResponse:
    post = post_or_404(request, post_id)
    may = rules.can_restore_post(request.user, post)
    require(may or not post.is_deleted, _("Only the person who deleted this post can restore it."))
    posts.restore(post, actor=member_of(request))
    if post.is_opening and request.htmx:
        return elsewhere(post.topic.get_absolute_url())
    return show_post(request, post, _("The post was restored."), template=CHANGED)


@require_POST
@login_required
def post_picture(request: HtmxRequest, post_id: int) -> HttpResponse:
    """Save the picture that the author is asked for beside their post, or never ask again."""
    post, member = post_or_404(request, post_id), member_of(request)
    require(post.author_id == member.pk, _("Only the author of this post is asked for a picture."))
    if "decline" in request.POST:
        profiles.decline_picture(member)
        return show_post(request, post, _("All right. You can add a picture in your settings at any time."))
    form = PictureForm(request.POST, request.FILES)
    if form.is_valid():
        profiles.set_avatar(member, form.cleaned_data["avatar"])
        return elsewhere(post.get_absolute_url()) if request.htmx else redirect(post)
    sentence = str(form.errors["avatar"][0])
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), "toast", {"message": sentence})
    messages.error(request, sentence)
    return redirect(post)


def _screened(request: HttpRequest, post: Post, form: EditForm) -> Verdict:
    """Screen the author's edit; add an error if it is refused."""
    if post.author_id != member_of(request).pk or form.errors:
        return ALLOW
    data = form.cleaned_data
    before, after = rendering.editable_source(post), data["source"]
    if post.is_opening:
        tags = post.topic.tags.values_list("name", flat=True)
        before = rendering.screening_text(post.topic.title, before, tags)
        after = rendering.screening_text(data["title"], after, data["tags"])
    verdict = screening.screen_edit(post.author, before, after)
    if verdict.refuse:
        form.add_error(None, verdict.sentence)
    elif verdict.hold and post.is_published and not rules.can_hold_again(post, post.topic):
        form.add_error(None, HAS_ANSWERS)
    return verdict


def _save(request: HttpRequest, post: Post, form: EditForm, verdict: Verdict) -> bool:
    """Save the edit. If somebody else has edited the post in the meantime, show the differences and return False."""
    data = {**form.cleaned_data}
    version = data.pop("version")
    try:
        with transaction.atomic():
            if version is not None:
                posts.lock_version(post, version)
            _edit(request, post, data, verdict)
    except posts.EditConflict as conflict:
        return not form.rebase(conflict.post)  # no differences: the form was sent twice
    return True


def _edit(request: HttpRequest, post: Post, data: dict[str, Any], verdict: Verdict) -> None:
    actor, reason = member_of(request), data["reason"]
    if verdict.hold:
        posts.edit_and_hold(post, actor=actor, why=verdict.sentence, **data)
        return
    if post.is_opening:
        topics.edit(post.topic, actor=actor, title=data["title"], tags=data["tags"], reason=reason)
    posts.edit(post, actor=actor, source=data["source"], reason=reason)
    post.topic.refresh_from_db(fields=["title", "slug"])
