"""Revisions of posts: every edit saves one, and moderators can hide old ones."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core.audit import audit
from community.core.permissions import Refused
from community.forum.models import Post, Revision

if TYPE_CHECKING:
    from community.members.models import Member


def save_first(post: Post) -> None:
    """Save the text of an unedited post as its first revision; call this before an edit."""
    if post.revision_count == 0:
        _create(post, number=1, editor=post.author, reason="", at=post.created_at)


def add(post: Post, *, actor: Member, reason: str, now: datetime) -> None:
    """Save the post's new text, and a revision with it."""
    post.revision_count += 1
    post.edited_at, post.edited_by = now, actor
    post.save(
        update_fields=["source", "markup", "html", "word_count", "revision_count", "edited_at", "edited_by"]
    )
    _create(post, number=post.revision_count + 1, editor=actor, reason=reason, at=now)


@transaction.atomic
def hide(revision: Revision, *, actor: Member) -> Revision:
    """Hide a revision from everyone but moderators; idempotent.

    Raises Refused for the newest one, since its text is the post's own.
    """
    revision = _lock(revision)
    if revision.is_hidden:
        return revision
    if not revision.post.revisions.filter(number__gt=revision.number).exists():
        raise Refused(_("This is the current version. Edit the post first, or hide the whole post."))
    revision.hidden_at, revision.hidden_by = timezone.now(), actor
    revision.save(update_fields=["hidden_at", "hidden_by"])
    _audit("revision.hide", revision, actor=actor)
    return revision


@transaction.atomic
def show(revision: Revision, *, actor: Member) -> Revision:
    """Unhide a revision; idempotent."""
    revision = _lock(revision)
    if not revision.is_hidden:
        return revision
    revision.hidden_at, revision.hidden_by = None, None
    revision.save(update_fields=["hidden_at", "hidden_by"])
    _audit("revision.show", revision, actor=actor)
    return revision


def _create(post: Post, *, number: int, editor: Member, reason: str, at: datetime) -> None:
    title, tags = "", ""
    if post.is_opening:
        title = post.topic.title
        tags = ",".join(sorted(post.topic.tags.values_list("name", flat=True)))
    Revision.objects.get_or_create(
        post=post,
        number=number,
        defaults={
            "title": title,
            "tags": tags,
            "source": post.source,
            "markup": post.markup,
            "editor": editor,
            "reason": reason,
            "created_at": at,
        },
    )


def _lock(revision: Revision) -> Revision:
    rows = Revision.objects.select_for_update(of=("self",)).select_related("post__topic")
    return rows.get(pk=revision.pk)


def _audit(act: str, revision: Revision, *, actor: Member) -> None:
    was, number = not revision.is_hidden, revision.number
    audit(
        act,
        actor=actor,
        subject=revision.post,
        before={"version": number, "hidden": was},
        after={"version": number, "hidden": not was},
    )
