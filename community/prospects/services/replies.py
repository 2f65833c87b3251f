from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from community.forum.models import Post
from community.forum.services import posts
from community.members.models import Member
from community.prospects.models import DeskQuestion

from .claims import claim_question
from .tracking import track_topic


@transaction.atomic
def reply_to_question(
    question: DeskQuestion, *, actor: Member, source: str, now: datetime | None = None
) -> Post:
    """Post an answer from the desk through the forum's own service; the claim ends with it.

    Raises Refused when the actor may not answer, or the post is refused.
    """
    now = now or timezone.now()
    if question.state == DeskQuestion.State.OPEN:
        claim_question(question, actor=actor, now=now)
    post = posts.create(question.topic, author=actor, source=source, now=now)
    track_topic(question.topic_id)
    return post
