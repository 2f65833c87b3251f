"""Find people by the beginning of a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value

from community.members.models import Member

from .models import Post, Topic

if TYPE_CHECKING:
    from community.members.models import Member as Reader

MAX_SUGGESTIONS = 6


def suggest_people(
    prefix: str, *, reader: Reader, topic_id: int | None = None, excluding: QuerySet[Any, Any] | None = None
) -> list[Member]:
    """Return active members whose username or name starts with `prefix`, participants of the topic first.

    An empty prefix returns only participants. The reader and the members `excluding` are left out.
    """
    people = Member.objects.public().exclude(pk=reader.pk)
    if excluding is not None:
        people = people.exclude(pk__in=excluding)
    if prefix:
        people = people.filter(_named(prefix))
    visible = topic_id is not None and Topic.objects.visible_to(reader).filter(pk=topic_id).exists()
    wrote = Post.objects.published().filter(topic=topic_id, author=OuterRef("pk"))
    people = people.annotate(participates=Exists(wrote) if visible else Value(False))
    if not prefix:
        people = people.filter(participates=True)
    return list(people.order_by("-participates", "username")[:MAX_SUGGESTIONS])


def find_people(prefix: str, *, reader: Reader) -> QuerySet[Member]:
    """Return active members with a username, name or part of a name that starts with `prefix`, by username.

    Only the team finds private ones.
    """
    people: QuerySet[Member] = (
        Member.objects.filter(is_active=True) if reader.is_team else Member.objects.public()
    )
    return people.filter(_named(prefix)).order_by("username")


def _named(prefix: str) -> Q:
    return (
        Q(username__istartswith=prefix)
        | Q(display_name__istartswith=prefix)
        | Q(display_name__icontains=f" {prefix}")
    )
