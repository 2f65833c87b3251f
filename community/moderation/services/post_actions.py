"""Moderators' actions on posts: change them through the forum's services and notify the author."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.forum.models import Post
from community.forum.services import posts
from community.members.models import Member
from community.notifications.models import Notification
from community.notifications.services import delete_unread, notify


@transaction.atomic
def hide(post: Post, *, actor: Member | None, reason: str) -> Post:
    """Hide a post; its author can still read it, edit it and appeal. Idempotent."""
    if post.status in (Post.Status.HIDDEN, Post.Status.DELETED):
        return post
    post = posts.hide(post, actor=actor, reason=reason)
    delete_unread(post)
    _notify(post, actor, "hidden", _("Your post is hidden. %(reason)s") % {"reason": reason})
    return post


@transaction.atomic
def show(post: Post, *, actor: Member) -> Post:
    """Publish a held post or unhide a hidden one; idempotent."""
    before = post.status
    if before == Post.Status.HIDDEN:
        post = posts.unhide(post, actor=actor)
    if post.status == Post.Status.PENDING:
        post = posts.approve(post, actor=actor)
    if before == Post.Status.PENDING:
        _notify(post, actor, "published", _("Your post was approved and is published."))
    elif before == Post.Status.HIDDEN:
        _notify(post, actor, "shown", _("Your post is visible again. We are sorry for the interruption."))
    return post


@transaction.atomic
def edit(post: Post, *, actor: Member, source: str, reason: str) -> Post:
    """Edit someone's post; the old text stays in its revisions."""
    before = post.source
    post = posts.edit(post, actor=actor, source=source, reason=reason)
    if post.source != before:
        _notify(post, actor, "edited", _("A moderator edited your post. %(reason)s") % {"reason": reason})
    return post


def _notify(post: Post, actor: Member | None, what: str, text: str) -> None:
    """Notify the author, without naming the moderator."""
    if actor is None or actor.pk != post.author_id:
        key = f"{what}:{timezone.now().isoformat()}"
        notify(post.author, kind=Notification.Kind.MODERATION, subject=post, text=text, key=key)
