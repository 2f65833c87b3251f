"""The newest posts and topics that match a search; only these are ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from .models import Post

if TYPE_CHECKING:
    from .models.topics import TopicQuerySet

CANDIDATES = 1_000
# The posts that are read first; they have all candidates of a common word.
RECENT = 16_000


def newest(found: models.QuerySet[Any, Any]) -> ArraySubquery:
    """An array, which PostgreSQL finds once; IN may find the candidates anew for each row, without statistics."""
    return ArraySubquery(found.order_by("-pk").values("pk")[:CANDIDATES])


def newest_posts(query: SearchQuery, topics: TopicQuerySet) -> Coalesce:
    """An array of the newest posts in these topics that match; reads older posts only if recent ones are too few.

    The index of words has no order, so PostgreSQL would otherwise read every post that has a common word.
    """
    in_topics = topics.filter(pk=OuterRef("topic")).values(visible=Value(True))
    found = Post.objects.published().filter(search=query).under_parents_of(AnonymousUser())
    ids = found.order_by("-pk").values("pk", visible=Subquery(in_topics))
    oldest = Post.objects.order_by("-pk").values(oldest=F("pk") - RECENT)[:1]
    recent = ids.filter(pk__gt=Subquery(oldest))
    return Coalesce(
        _Newest(recent, least=CANDIDATES, most=CANDIDATES), _Newest(ids, least=0, most=CANDIDATES)
    )


class _Newest(Subquery):
    """An array of at most `most` ids that are `visible`; NULL if there are fewer than `least`.

    OFFSET 0 makes PostgreSQL check only as many as it returns, instead of all before it sorts them.
    """

    template = (
        "(SELECT CASE WHEN count(*) >= %(least)s THEN array_agg(pk) END FROM ("
        "SELECT pk FROM (%(subquery)s OFFSET 0) AS matching WHERE visible LIMIT %(most)s) AS newest)"
    )
    output_field = ArrayField(models.BigIntegerField())
