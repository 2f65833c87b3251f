"""Checks on what staff post in a prospect forum, on every posting path."""

from __future__ import annotations

from django.utils import timezone

from community.forum.models import Category, Topic
from community.forum.screening import ALLOW, Verdict
from community.members.models import Member

from . import rules
from .models import DeskQuestion, ProspectForum


def screen(author: Member, category: Category, topic: Topic | None, source: str) -> Verdict:
    """Refuse staff who are off the roster, too early or on another's claim, and checkout links in a first answer."""
    if not author.is_team or category.kind != Category.Kind.PROSPECT:
        return ALLOW
    forum = ProspectForum.objects.filter(category=category).first()
    if forum is None:
        return ALLOW
    question = (
        DeskQuestion.objects.filter(topic=topic).select_related("claimed_by").first() if topic else None
    )
    sentence = rules.objection_to_answering(author, forum, question, now=timezone.now())
    sentence = sentence or rules.objection_to_text(source, forum, question)
    return Verdict(refuse=True, sentence=sentence) if sentence else ALLOW
