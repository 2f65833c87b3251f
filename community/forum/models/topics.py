from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.core.addresses import address
from community.members.models import details

from .categories import Category
from .search_words import SearchWordsField

if TYPE_CHECKING:
    from .categories import Reader


class TagQuerySet(models.QuerySet["Tag"]):
    def visible_to(self, user: Reader) -> TagQuerySet:
        """Tags used on a topic the reader may see, since a tag's name can reveal a private topic."""
        topics = Topic.objects.visible_to(user).filter(tags=OuterRef("pk"))
        return self.filter(Exists(topics))


class Tag(models.Model):
    name = models.CharField(max_length=35, unique=True)
    slug = models.SlugField(max_length=40, unique=True, allow_unicode=True)
    description = models.TextField(blank=True)
    topic_count = models.PositiveIntegerField(default=0)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return address("forum:tag", self.slug)


class TopicQuerySet(models.QuerySet["Topic"]):
    def visible_to(self, user: Reader) -> TopicQuerySet:
        """Topics the reader may see: all for moderators, and for authors their own unless deleted."""
        topics = self.filter(category__in=Category.objects.visible_to(user))
        if user.is_authenticated and user.is_moderator:
            return topics
        shown = Q(status=Topic.Status.PUBLISHED)
        if user.is_authenticated:
            shown |= Q(author=user) & ~Q(status=Topic.Status.DELETED)
        return topics.filter(shown)

    def published(self) -> TopicQuerySet:
        return self.filter(status=Topic.Status.PUBLISHED)

    def merged(self) -> TopicQuerySet:
        """Topics merged into another one, to which their URLs redirect."""
        return self.filter(merged_into__isnull=False)

    def opened_by(self, author: Any, created_at: Any) -> TopicQuerySet:
        """Topics with this author and time, which they take from their opening post."""
        return self.filter(author=author, created_at=created_at)

    def unanswered(self) -> TopicQuerySet:
        """Open questions without an answer."""
        return self.filter(kind=Topic.Kind.QUESTION, answer_count=0, closed_at=None)

    def latest_first(self) -> TopicQuerySet:
        """Sort by the time of the newest post."""
        return self.order_by("-bumped_at", "-pk")

    def hottest_first(self) -> TopicQuerySet:
        """Sort by hot score; see `services/hot_scores.py`."""
        return self.order_by("-hot_score", "-pk")

    def with_tag_list(self) -> TopicQuerySet:
        """Annotate `tag_list`: dicts with name and slug, sorted by name."""
        tags = Tag.objects.filter(topics=OuterRef("pk")).order_by("name")
        return self.annotate(tag_list=ArraySubquery(tags.values(json=JSONObject(name="name", slug="slug"))))

    def with_reading_of(self, user: Reader) -> TopicQuerySet:
        """Annotate `read_number`, the last post number the reader has read; None if never opened."""
        if not user.is_authenticated:
            return self.annotate(read_number=Value(None, output_field=models.PositiveIntegerField(null=True)))
        states = apps.get_model("forum", "ReadState").objects.filter(topic=OuterRef("pk"), member=user)
        return self.annotate(read_number=Subquery(states.values("last_read_number")))

    def with_unread_of(self, user: Reader) -> TopicQuerySet:
        """Annotate `unread_count`: posts by others to read after the last read one; 0 if never opened."""
        topics = self.with_reading_of(user)
        if not user.is_authenticated:
            return topics.annotate(unread_count=Value(0))
        later = (
            apps.get_model("forum", "Post")
            .objects.published()
            .filter(topic=OuterRef("pk"), number__gt=OuterRef("read_number"))
            .exclude(author=user)
            .under_parents_of(user)
        )
        counted = later.order_by().values("topic").annotate(n=Count("pk")).values("n")
        return topics.annotate(
            unread_count=Case(
                When(read_number__lt=F("last_number"), then=Coalesce(Subquery(counted), 0)), default=0
            )
        )

    def for_list(self, user: Reader) -> TopicQuerySet:
        """Select what a row of a topic list shows, but for the category: see `queries.with_categories`."""
        topics = self.with_tag_list().with_unread_of(user)
        topics = topics.select_related("author", "last_post_author")
        return topics.defer("search", "close_reason", *details("author", "last_post_author"))


class Topic(models.Model):
    """A topic: an opening post and its replies. Counters are denormalized onto the row."""

    class Kind(models.TextChoices):
        DISCUSSION = "discussion", _("Discussion")
        QUESTION = "question", _("Question")
        IDEA = "idea", _("Idea")
        ARTICLE = "article", _("Article")
        ANNOUNCEMENT = "announcement", _("Announcement")

    class Status(models.TextChoices):
        PUBLISHED = "published", _("Published")
        PENDING = "pending", _("Waiting for approval")
        HIDDEN = "hidden", _("Hidden")
        DELETED = "deleted", _("Deleted")

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="topics")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.DISCUSSION)
    title = models.CharField(max_length=255)
    slug = models.SlugField(max_length=100, default="topic", allow_unicode=True)
    excerpt = models.CharField(
        max_length=300, blank=True, help_text=_("The beginning of the opening post, as plain text.")
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="topics")
    status = models.CharField(max_length=10, choices=Status, default=Status.PUBLISHED)
    tags = models.ManyToManyField(Tag, blank=True, related_name="topics")
    created_at = models.DateTimeField(default=timezone.now)
    # Time of the newest post, for the “Latest” list; edits do not change it.
    bumped_at = models.DateTimeField(default=timezone.now)
    last_post_author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The highest post number assigned so far; numbers are never reused.
    last_number = models.PositiveIntegerField(default=0)
    reply_count = models.PositiveIntegerField(
        default=0, help_text=_("The number of published replies and answers.")
    )
    answer_count = models.PositiveIntegerField(default=0)
    like_count = models.PositiveIntegerField(default=0)
    view_count = models.PositiveIntegerField(default=0)
    score = models.IntegerField(default=0, help_text=_("The score of the opening post."))
    hot_score = models.FloatField(default=0)
    is_solved = models.BooleanField(default=False)
    pinned_at = models.DateTimeField(null=True, blank=True)
    pinned_everywhere = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    close_reason = models.CharField(max_length=200, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    search = SearchWordsField()

    objects = TopicQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["category", "-bumped_at"],
                condition=Q(status="published"),
                name="topic_category_latest",
            ),
            models.Index(fields=["-bumped_at"], condition=Q(status="published"), name="topic_latest"),
            models.Index(fields=["-hot_score", "-id"], condition=Q(status="published"), name="topic_hot"),
            models.Index(fields=["-created_at"], condition=Q(status="published"), name="topic_newest"),
            models.Index(
                fields=["-created_at"],
                condition=Q(status="published", kind="question", answer_count=0),
                name="topic_unanswered",
            ),
            models.Index(
                fields=["-created_at"],
                condition=Q(kind="announcement", status="published"),
                name="topic_announcements",
            ),
            models.Index(fields=["author", "-created_at"], name="topic_author"),
            models.Index(fields=["-pinned_at"], condition=Q(pinned_at__isnull=False), name="topic_pinned"),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="topic_title_trigrams"),
            GinIndex(fields=["search"], name="topic_words"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return address("forum:topic-detail", self.pk, self.slug)

    def get_kind_display(self) -> str:  # type: ignore[no-redef]
        return str(KIND_LABELS.get(self.kind, self.kind))

    @property
    def is_question(self) -> bool:
        return self.kind == self.Kind.QUESTION

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED

    @property
    def best_first(self) -> bool:
        """Whether answers are sorted by score instead of time."""
        return self.is_question

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @property
    def is_pinned(self) -> bool:
        return self.pinned_at is not None


# Django's own method sorts out the choices again at each call.
KIND_LABELS = {kind.value: kind.label for kind in Topic.Kind}
