"""Changes that a moderator must see before others do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from community.events.catalogue import POST_HIDDEN
from community.events.services import record
from community.forum.hooks import tell_held
from community.forum.models import Post

from .counting import lock_topic
from .editing import edit_post, edit_topic
from .removal import put_away

if TYPE_CHECKING:
    from community.members.models import Member


@transaction.atomic
def edit_and_hold(
    post: Post,
    *,
    actor: Member,
    source: str,
    why: str,
    title: str = "",
    tags: Sequence[str] = (),
    reason: str = "",
    now: datetime | None = None,
) -> Post:
    """Change a post (of an opening the `title` and `tags` too) and let it wait for approval, like a new one.

    `why` is what its author reads until `publish_post` brings it back, with all that was earned with it;
    whom the change mentions is told then. A hidden post stays hidden.
    """
    topic = lock_topic(post.topic_id)
    now = now or timezone.now()
    if (post := Post.objects.get(pk=post.pk)).is_published:
        post = put_away(post, status=Post.Status.PENDING, reason=why)
        record(
            POST_HIDDEN, actor=None, member=post.author, subject=post, occurred_at=now, key=now.isoformat(),
            topic_id=post.topic_id, reason=why,
        )  # fmt: skip
    if post.is_opening:
        edit_topic(topic, actor=actor, title=title, tags=tags, reason=reason, now=now)
    post = edit_post(post, actor=actor, source=source, reason=reason, now=now)
    if post.status == Post.Status.PENDING:
        tell_held(post)
    return post
