"""Keeping a version of a post from its readers: what was edited out for a good reason stays out of sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from community.core.audit import audit
from community.forum.models import Revision

from .refusal import Refused

if TYPE_CHECKING:
    from community.members.models import Member


@transaction.atomic
def hide_revision(revision: Revision, *, actor: Member) -> Revision:
    """Let only moderators read this version; hiding it again changes nothing.

    Raises Refused for the newest one, whose words are those of the post itself.
    """
    revision = _locked(revision)
    if revision.is_hidden:
        return revision
    if not revision.post.revisions.filter(number__gt=revision.number).exists():
        raise Refused("These are the words that the post has now. Change the post first, or hide it.")
    revision.hidden_at, revision.hidden_by = timezone.now(), actor
    revision.save(update_fields=["hidden_at", "hidden_by"])
    _tell_audit("revision.hide", revision, actor)
    return revision


@transaction.atomic
def show_revision(revision: Revision, *, actor: Member) -> Revision:
    """Let everyone who reads the post read this version again."""
    revision = _locked(revision)
    if not revision.is_hidden:
        return revision
    revision.hidden_at, revision.hidden_by = None, None
    revision.save(update_fields=["hidden_at", "hidden_by"])
    _tell_audit("revision.show", revision, actor)
    return revision


def _locked(revision: Revision) -> Revision:
    rows = Revision.objects.select_for_update(of=("self",)).select_related("post__topic")
    return rows.get(pk=revision.pk)


def _tell_audit(name: str, revision: Revision, actor: Member) -> None:
    was, number = not revision.is_hidden, revision.number
    audit(
        name, actor=actor, subject=revision.post, before={"version": number, "hidden": was},
        after={"version": number, "hidden": not was},
    )  # fmt: skip
