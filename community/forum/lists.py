"""Topic lists: what they contain and how they are sorted. Each sort order has its own index."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import queries
from .models import Category, Topic

if TYPE_CHECKING:
    from .models.categories import Reader
    from .models.topics import TopicQuerySet


class Sort(models.TextChoices):
    HOT = "hot", _("Hot")
    LATEST = "latest", _("Latest")
    TOP = "top", _("Top")
    UNANSWERED = "unanswered", _("Unanswered")


class Period(models.TextChoices):
    DAY = "day", _("Today")
    WEEK = "week", _("This week")
    MONTH = "month", _("This month")
    QUARTER = "quarter", _("This quarter")
    YEAR = "year", _("This year")
    ALL = "all", _("All time")


DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 30, Period.QUARTER: 91, Period.YEAR: 365}


def readable(reader: Reader) -> TopicQuerySet:
    """Published topics in categories that the reader may see."""
    return Topic.objects.visible_to(reader).published()


def top(topics: TopicQuerySet, period: str = Period.ALL) -> TopicQuerySet:
    """Topics started in the period, sorted by votes, likes and answers."""
    if days := DAYS.get(Period(period)):
        topics = topics.filter(created_at__gte=timezone.now() - timedelta(days=days))
    top_score = models.F("score") + models.F("like_count") + models.F("answer_count")
    return topics.alias(top_score=top_score).order_by("-top_score", "-view_count", "-id")


def unanswered(topics: TopicQuerySet) -> TopicQuerySet:
    """Open questions without an answer, newest first."""
    return topics.unanswered().order_by("-created_at")


def ordered(topics: TopicQuerySet, sort: str, period: str = Period.ALL) -> TopicQuerySet:
    if sort == Sort.TOP:
        return top(topics, period)
    if sort == Sort.UNANSWERED:
        return unanswered(topics)
    return topics.hottest_first() if sort == Sort.HOT else topics.latest_first()


def category_tree(reader: Reader) -> list[Category]:
    """Return the top-level categories that the reader may see, each with `children_seen`. One query."""
    rows = queries.visible_categories(reader)
    by_parent: dict[int | None, list[Category]] = {}
    for row in rows:
        by_parent.setdefault(row.parent_id, []).append(row)
    for row in rows:
        row.children_seen = by_parent.get(row.pk, [])  # type: ignore[attr-defined]
    return by_parent.get(None, [])
