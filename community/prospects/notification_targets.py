"""The title and URL of notifications about questions on the sales desk."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q
from django.urls import reverse

from community.forum.models import Topic
from community.members.models import Member
from community.notifications.subjects import Subject

from .models import DeskQuestion


def questions(reader: Member, ids: Collection[int]) -> dict[int, Subject]:
    """Return the questions on the reader's desk whose topics they may see, by id.

    A question merged into another topic has that topic's title, and its URL redirects there.
    """
    visible = Topic.objects.visible_to(reader).exclude(status=Topic.Status.DELETED)
    found = DeskQuestion.objects.at_desk_of(reader).filter(pk__in=ids)
    found = found.filter(Q(topic__in=visible) | Q(topic__merged_into__in=visible))
    return {
        question.pk: Subject(
            (question.topic.merged_into or question.topic).title,
            reverse("prospects:question-detail", args=[question.pk]),
        )
        for question in found.select_related("topic__merged_into")
    }
