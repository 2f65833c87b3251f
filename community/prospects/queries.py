"""What prospect forums add to a topic's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import timezone

from community.forum.models import Category

from . import cards, rules
from .models import DeskQuestion, ProspectForum, RosterEntry

if TYPE_CHECKING:
    from community.forum.models import Topic
    from community.forum.models.categories import Reader


@dataclass(frozen=True)
class ProspectContext:
    """Real names for staff posts, the response time for everybody, and the desk card for its staff."""

    forum: ProspectForum | None = None
    roster: Mapping[int, RosterEntry] = field(default_factory=dict)
    question: DeskQuestion | None = None
    can_mark_urgent: bool = False
    desk_card: cards.Card | None = None


NOTHING = ProspectContext()


def prospect_context(reader: Reader, topic: Topic) -> ProspectContext:
    """Return the context of a topic's page; NOTHING, without a query, outside prospect forums."""
    if topic.category.kind != Category.Kind.PROSPECT:
        return NOTHING
    forum = ProspectForum.objects.filter(category=topic.category_id).first()
    if forum is None:
        return NOTHING
    entries = RosterEntry.objects.on_duty().filter(forum=forum).select_related("member")
    roster = {entry.member_id: entry for entry in entries}
    question = DeskQuestion.objects.with_people().filter(topic=topic).first()
    if question is None or not reader.is_authenticated:
        return ProspectContext(forum, roster, question)
    now = timezone.now()
    held_back = question.is_held_back(now) and not topic.is_solved
    card = None
    if reader.is_team and rules.can_open_desk(reader):
        (card,) = cards.cards_of([question], reader=reader, now=now)
    can_mark_urgent = held_back and rules.can_mark_urgent(reader, question)
    return ProspectContext(forum, roster, question, can_mark_urgent, card)
