from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.core.addresses import address
from community.core.markup import Markup
from community.core.rendered_html import text_of
from community.members.models import details

from .search_words import SearchWordsField
from .topics import Topic

if TYPE_CHECKING:
    from .categories import Reader


class PostQuerySet(models.QuerySet["Post"]):
    def visible_to(self, user: Reader) -> PostQuerySet:
        """Posts whose text the reader may read: all for moderators, and for authors their own unless deleted."""
        posts = self.filter(topic__in=Topic.objects.visible_to(user))
        if user.is_authenticated and user.is_moderator:
            return posts
        shown = Q(status=Post.Status.PUBLISHED)
        if user.is_authenticated:
            shown |= Q(author=user) & ~Q(status=Post.Status.DELETED)
        return posts.filter(shown).under_parents_of(user)

    def published(self) -> PostQuerySet:
        return self.filter(status=Post.Status.PUBLISHED)

    def opened_merged_topic(self) -> PostQuerySet:
        """Posts that opened a topic which has since been merged into another."""
        return self.filter(
            Exists(Topic.objects.merged().opened_by(OuterRef("author"), OuterRef("created_at")))
        )

    def answers(self) -> PostQuerySet:
        return self.filter(kind=Post.Kind.ANSWER)

    def without_comments(self) -> PostQuerySet:
        """Posts shown on their own; comments are shown under their parent."""
        return self.exclude(kind=Post.Kind.COMMENT)

    def on_page_of(self, user: Reader) -> PostQuerySet:
        """Posts that appear on this reader's page; hidden and deleted posts appear as stubs.

        Posts that were never approved do not appear, except to their author; nor do the comments on them.
        """
        return self.approved_for(user).under_parents_of(user)

    def approved_for(self, user: Reader) -> PostQuerySet:
        """Posts that were approved at some time, and the reader's own; all for moderators."""
        return self if user.is_authenticated and user.is_moderator else self.exclude(_unapproved(user))

    def under_parents_of(self, user: Reader) -> PostQuerySet:
        """Leave out comments on posts that do not appear on this reader's page."""
        if user.is_authenticated and user.is_moderator:
            return self
        # PostgreSQL looks a parent up for comments only.
        parents = Post.objects.filter(_unapproved(user), pk=OuterRef("parent"))
        # No unapproved post is published, which the index of unpublished posts needs to be told.
        unapproved = parents.exclude(status=Post.Status.PUBLISHED)
        return self.exclude(Q(kind=Post.Kind.COMMENT) & Exists(unapproved))

    def in_reading_order(self, *, best_first: bool) -> PostQuerySet:
        """Sort by number, or with `best_first`: the opening, the accepted answer, then by score."""
        if not best_first:
            return self.order_by("number")
        opens = Q(kind=Post.Kind.OPENING)
        return self.alias(opens=ExpressionWrapper(opens, models.BooleanField())).order_by(
            "-opens", "-is_accepted", "-score", "number"
        )

    def for_reading_by(self, user: Reader) -> PostQuerySet:
        """Select everything that a page of posts shows, and annotate `is_liked` for the reader."""
        posts = self.select_related("author").defer("source", "markup", "search", *details("author"))
        if not user.is_authenticated:
            return posts.annotate(is_liked=Value(False))
        return posts.annotate(is_liked=Exists(Like.objects.filter(post=OuterRef("pk"), member=user)))


def _unapproved(user: Reader) -> Q:
    """Other people's posts that were never approved, including those hidden or deleted since."""
    unapproved = Q(status=Post.Status.PENDING) | Q(status_before=Post.Status.PENDING)
    return unapproved & ~Q(author=user) if user.is_authenticated else unapproved


class Post(models.Model):
    """A post in a topic. The source is stored in its original markup; HTML is rendered on save, never on read."""

    class Kind(models.TextChoices):
        OPENING = "opening", _("Opening post")
        REPLY = "reply", _("Reply")
        ANSWER = "answer", _("Answer")
        COMMENT = "comment", _("Comment")  # a short reply under another post

    class Status(models.TextChoices):
        PUBLISHED = "published", _("Published")
        PENDING = "pending", _("Waiting for approval")
        HIDDEN = "hidden", _("Hidden")
        DELETED = "deleted", _("Deleted")

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="posts")
    number = models.PositiveIntegerField(
        help_text=_("The position in the topic. The opening post is number 1.")
    )
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.REPLY)
    # The post that a comment belongs to or a reply answers.
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replies"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="posts")
    byline = models.CharField(
        max_length=80,
        blank=True,
        help_text=_("The name shown instead of the author's, for imported posts by people who have left."),
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.PUBLISHED)
    source = models.TextField()
    markup = models.CharField(max_length=10, choices=Markup, default=Markup.MARKDOWN)
    html = models.TextField()
    word_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    revision_count = models.PositiveIntegerField(default=0)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    status_reason = models.CharField(
        max_length=300, blank=True, help_text=_("Why the post is pending, hidden or deleted.")
    )
    # The status before deletion, or “pending” for a post hidden before it was approved, so that restoring
    # a post never publishes one that was not approved.
    status_before = models.CharField(max_length=10, choices=Status, blank=True)
    like_count = models.PositiveIntegerField(default=0)
    score = models.IntegerField(default=0, help_text=_("Upvotes minus downvotes."))
    is_accepted = models.BooleanField(default=False)
    is_official = models.BooleanField(default=False)
    search = SearchWordsField()

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["topic", "number"], name="post_number_once"),
            models.UniqueConstraint(fields=["topic"], condition=Q(kind="opening"), name="post_one_opening"),
        ]
        indexes = [
            models.Index(fields=["author", "-created_at"], name="post_author"),
            models.Index(fields=["topic", "-is_accepted", "-score", "number"], name="post_best_answers"),
            models.Index(
                fields=["status", "-created_at"], condition=~Q(status="published"), name="post_unpublished"
            ),
            GinIndex(fields=["search"], name="post_words"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} in {self.topic}"

    def get_absolute_url(self) -> str:
        return address("forum:post-permalink", self.pk)

    @property
    def is_opening(self) -> bool:
        return self.kind == self.Kind.OPENING

    @property
    def is_answer(self) -> bool:
        return self.kind == self.Kind.ANSWER

    @property
    def is_comment(self) -> bool:
        return self.kind == self.Kind.COMMENT

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED

    @property
    def is_deleted(self) -> bool:
        return self.status == self.Status.DELETED

    @property
    def text(self) -> str:
        """The words that a reader sees."""
        return text_of(self.html)

    @property
    def written_by(self) -> str:
        """The author's name to show; for imported posts it may belong to someone without an account."""
        return self.byline or str(self.author)


class Revision(models.Model):
    """A version of a post. The first version is stored with the first edit."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=255, blank=True)
    tags = models.CharField(max_length=255, blank=True, help_text=_("Tag names, separated by commas."))
    source = models.TextField()
    markup = models.CharField(max_length=10, choices=Markup, default=Markup.MARKDOWN)
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # If set, only moderators can read this version.
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["post", "number"], name="revision_number_once")]

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None


class Like(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="likes")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="likes")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "member"], name="like_once")]
