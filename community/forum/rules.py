"""What a reader may do with one object. Checks cost no query unless a category is limited to groups."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from .models import Category, Post, Revision, Topic

if TYPE_CHECKING:
    from .models.categories import Reader

# How long people may edit their own posts; later edits would make the replies misleading.
EDIT_WINDOW = timedelta(days=30)
EDITABLE = (Post.Status.PUBLISHED, Post.Status.PENDING, Post.Status.HIDDEN)


def is_moderator(user: Reader) -> bool:
    return user.is_authenticated and user.is_moderator


def can_create_in(user: Reader, category: Category) -> bool:
    return Category.objects.creatable_by(user).filter(pk=category.pk).exists()


def can_begin_in(user: Reader, category: Category) -> bool:
    """Return whether the user may write a topic here; visitors sign up or log in before it is posted."""
    if user.is_authenticated:
        return can_create_in(user, category)
    return not category.is_archived and category.create_by != Category.Audience.GROUPS


def topic_kinds(user: Reader, category: Category) -> list[Topic.Kind]:
    """Return the kinds of topic the reader may start here; the first is the default."""
    kinds = {
        Category.Kind.FORUM: [Topic.Kind.DISCUSSION, Topic.Kind.QUESTION],
        Category.Kind.QA: [Topic.Kind.QUESTION, Topic.Kind.DISCUSSION],
        Category.Kind.IDEAS: [Topic.Kind.IDEA],
        Category.Kind.ARTICLES: [Topic.Kind.ARTICLE],
        Category.Kind.PROSPECT: [Topic.Kind.QUESTION],
    }[Category.Kind(category.kind)]
    can_announce = user.is_authenticated and user.is_team
    return [*kinds, Topic.Kind.ANNOUNCEMENT] if can_announce else kinds


def can_reply(user: Reader, topic: Topic) -> bool:
    """Return whether the user may reply: to open topics if the category allows it; moderators always."""
    if not user.is_authenticated:
        return False
    if user.is_moderator:
        return True
    return topic.is_published and not topic.is_closed and can_reply_in(user, topic.category)


def is_asker(user: Reader, topic: Topic) -> bool:
    """Return whether this is the user's own question, where their replies are comments by default."""
    return user.is_authenticated and topic.is_question and topic.author_id == user.pk


def can_reply_in(user: Reader, category: Category) -> bool:
    if category.reply_by != Category.Audience.GROUPS:
        return user.is_authenticated
    return Category.objects.replyable_by(user).filter(pk=category.pk).exists()


def can_edit_post(user: Reader, post: Post, topic: Topic) -> bool:
    if not user.is_authenticated or post.status not in EDITABLE:
        return False
    if user.is_moderator:
        return True
    is_open = post.author_id == user.pk and not topic.is_closed
    return is_open and timezone.now() - post.created_at <= EDIT_WINDOW


def can_delete_post(user: Reader, post: Post, topic: Topic) -> bool:
    """Return whether the user may delete the post: moderators, or the author while nothing depends on it."""
    if not user.is_authenticated or post.is_deleted:
        return False
    if user.is_moderator:
        return True
    is_own = post.author_id == user.pk and post.status != Post.Status.HIDDEN
    return is_own and not (post.is_opening and topic.reply_count) and not post.is_accepted


def can_hold_again(post: Post, topic: Topic) -> bool:
    """Return whether the post may go back to waiting for approval: no replies by others, not accepted."""
    return not ((post.is_opening and topic.reply_count) or post.is_accepted or post.replies.exists())


def can_restore_post(user: Reader, post: Post) -> bool:
    """Return whether the user may restore the post: moderators, or the author if they deleted it."""
    if not user.is_authenticated or not post.is_deleted:
        return False
    return user.is_moderator or post.deleted_by_id == post.author_id == user.pk


def can_like(user: Reader, post: Post) -> bool:
    return user.is_authenticated and post.is_published and post.author_id != user.pk


def can_read_words(user: Reader, post: Post) -> bool:
    """Same as `Post.objects.visible_to`, for a post that is known to appear on the reader's page."""
    if post.is_published or is_moderator(user):
        return True
    return user.is_authenticated and post.author_id == user.pk and not post.is_deleted


def can_read_version(user: Reader, revision: Revision) -> bool:
    """Return whether the user may read this version of a post that they may read."""
    return not revision.is_hidden or is_moderator(user)


def can_hide_versions(user: Reader) -> bool:
    return is_moderator(user)
