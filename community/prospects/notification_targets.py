"""How a notification about a question at the sales desk is shown, and where it leads."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from community.forum.models import Topic
from community.members.models import Member
from community.notifications.subjects import Subject

from .models import DeskQuestion


def questions(reader: Member, ids: Collection[int]) -> dict[int, Subject]:
    """Return the questions at the reader's desk whose topic they may see."""
    found = DeskQuestion.objects.at_desk_of(reader).filter(
        pk__in=ids, topic__in=Topic.objects.visible_to(reader)
    )
    return {
        question.pk: Subject(question.topic.title, reverse("prospects:question-detail", args=[question.pk]))
        for question in found.select_related("topic")
    }
