"""What prospect forums add to a page of posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.utils import timezone

from community.forum.models import Category

from . import cards, rules
from .models import DeskQuestion, ProspectForum, RosterEntry

if TYPE_CHECKING:
    from community.forum.models import Post, Topic
    from community.forum.models.categories import Reader


def prospect_context(reader: Reader, topic: Topic, posts: Sequence[Post]) -> Mapping[str, object]:
    """Give real names beside staff posts, the promise to everybody, and the desk's panel to its people."""
    if topic.category.kind != Category.Kind.PROSPECT:
        return {}
    forum = ProspectForum.objects.filter(category=topic.category_id).first()
    if forum is None:
        return {}
    roster = RosterEntry.objects.on_duty().filter(forum=forum).select_related("member")
    question = DeskQuestion.objects.with_people().filter(topic=topic).first()
    context: dict[str, object] = {
        "prospect_forum": forum,
        "roster_by_author": {entry.member_id: entry for entry in roster},
        "desk_question": question,
    }
    if question is not None and reader.is_authenticated:
        now = timezone.now()
        waits = question.is_held_back(now) and not topic.is_solved
        context["can_mark_urgent"] = waits and rules.can_mark_urgent(reader, question)
        if reader.is_team and rules.can_open_desk(reader):
            (context["desk_card"],) = cards.cards_of([question], reader=reader, now=now)
    return context
