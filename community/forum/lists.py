"""The lists of topics: what is in each and in which order. Every order has an index of its own."""

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
    """Topics that belong in lists: published ones in categories the reader may see."""
    return Topic.objects.visible_to(reader).published()


def latest(topics: TopicQuerySet) -> TopicQuerySet:
    return topics.order_by("-bumped_at", "-id")


def hot(topics: TopicQuerySet) -> TopicQuerySet:
    """By the hot score; see `services/hot_scores.py`."""
    return topics.order_by("-hot_score", "-id")


def top(topics: TopicQuerySet, period: str = Period.ALL) -> TopicQuerySet:
    """Topics begun in the period, by how much they were voted for, liked and answered."""
    if days := DAYS.get(Period(period)):
        topics = topics.filter(created_at__gte=timezone.now() - timedelta(days=days))
    merit = models.F("score") + models.F("like_count") + models.F("answer_count")
    return topics.alias(merit=merit).order_by("-merit", "-view_count", "-id")


def unanswered(topics: TopicQuerySet) -> TopicQuerySet:
    """Open questions without an answer, newest first."""
    return topics.unanswered().order_by("-created_at")


def ordered(topics: TopicQuerySet, sort: str, period: str = Period.ALL) -> TopicQuerySet:
    if sort == Sort.TOP:
        return top(topics, period)
    return {Sort.HOT: hot, Sort.LATEST: latest, Sort.UNANSWERED: unanswered}[Sort(sort)](topics)


def category_tree(reader: Reader) -> list[Category]:
    """The categories the reader may see, in order; each has its `children_seen`. One query."""
    rows = queries.visible_categories(reader)
    by_parent: dict[int | None, list[Category]] = {}
    for row in rows:
        by_parent.setdefault(row.parent_id, []).append(row)
    for row in rows:
        row.children_seen = by_parent.get(row.pk, [])  # type: ignore[attr-defined]
    return by_parent.get(None, [])
