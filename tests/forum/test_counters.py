"""Counters match the posts, after single changes and after recounts."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from community.forum.models import Category, Post, Tag, Topic
from community.forum.services import counters, posts, topics
from tests.factories.forum import (
    AnswerFactory,
    CategoryFactory,
    CommentFactory,
    PostFactory,
    QuestionFactory,
    TagFactory,
    TopicFactory,
)
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
COUNTERS = (
    "reply_count",
    "answer_count",
    "like_count",
    "score",
    "is_solved",
    "bumped_at",
    "last_post_author_id",
)
WRONG = {
    "reply_count": 77,
    "answer_count": 77,
    "like_count": 77,
    "score": 77,
    "is_solved": True,
    "bumped_at": timezone.now() - timedelta(days=9999),
    "last_post_author": None,
}


def days_ago(days: int):
    return timezone.now() - timedelta(days=days)


def one_by_one(topic: Topic) -> None:
    with transaction.atomic():
        counters.refresh(counters.lock_topic(topic.pk))


def all_at_once(topic: Topic) -> None:
    counters.recount_topics([topic.pk])


@pytest.fixture(params=[one_by_one, all_at_once], ids=["one by one", "all at once"])
def counted(request):
    """Corrupt a topic's counters, recount them in either way, and return the topic."""

    def count(topic: Topic) -> Topic:
        Topic.objects.filter(pk=topic.pk).update(**WRONG)
        request.param(topic)
        return Topic.objects.get(pk=topic.pk)

    return count


@pytest.fixture
def full():
    """A question with everything that is counted."""
    topic = QuestionFactory(created_at=days_ago(30))
    topic.posts.update(score=4, like_count=1)
    AnswerFactory(topic=topic, created_at=days_ago(20), like_count=2)
    best = AnswerFactory(topic=topic, created_at=days_ago(10), is_accepted=True, score=9)
    PostFactory(topic=topic, created_at=days_ago(8), like_count=3)
    CommentFactory(parent=best, created_at=days_ago(1), like_count=5)
    PostFactory(topic=topic, created_at=days_ago(2), status=Post.Status.HIDDEN, like_count=99)
    AnswerFactory(topic=topic, created_at=days_ago(2), status=Post.Status.PENDING)
    return topic


def test_recount_counts_published_posts(counted, full):
    topic = counted(full)

    assert (topic.reply_count, topic.answer_count, topic.like_count) == (3, 2, 11)
    assert (topic.score, topic.is_solved) == (4, True)


def test_recount_ignores_comments_for_bumped_at(counted, full):
    topic = counted(full)

    last = full.posts.get(kind="reply", status="published")
    assert topic.bumped_at == last.created_at
    assert topic.last_post_author == last.author


def test_recount_of_a_topic_without_replies(counted):
    topic = counted(TopicFactory(created_at=days_ago(3)))

    assert (topic.reply_count, topic.is_solved) == (0, False)
    assert (topic.bumped_at, topic.last_post_author) == (topic.created_at, topic.author)


def test_recount_of_a_topic_with_hidden_posts_only(counted):
    topic = PostFactory(created_at=days_ago(1)).topic
    topic.posts.update(status=Post.Status.HIDDEN)

    topic = counted(topic)

    assert (topic.reply_count, topic.like_count) == (0, 0)
    assert (topic.bumped_at, topic.last_post_author) == (topic.created_at, topic.author)


def test_recount_of_a_hidden_accepted_answer_is_unsolved(counted):
    answer = AnswerFactory(is_accepted=True, status=Post.Status.HIDDEN)

    assert counted(answer.topic).is_solved is False


def test_recount_of_simultaneous_replies_uses_the_higher_number(counted):
    now = timezone.now()
    topic = TopicFactory(created_at=days_ago(1))
    PostFactory(topic=topic, created_at=now)
    second = PostFactory(topic=topic, created_at=now)

    assert counted(topic).last_post_author == second.author


def test_both_ways_of_recounting_agree(full):
    found = []
    for count in (one_by_one, all_at_once):
        Topic.objects.filter(pk=full.pk).update(**WRONG)
        count(full)
        found.append(Topic.objects.values(*COUNTERS).get(pk=full.pk))

    assert found[0] == found[1]


def test_recount_is_idempotent(counted, full):
    once = [Topic.objects.values(*COUNTERS).get(pk=counted(full).pk) for _ in range(2)]

    assert once[0] == once[1]


def test_recount_topics_affects_only_these_topics(full):
    other = TopicFactory()
    Topic.objects.filter(pk=other.pk).update(reply_count=5)

    counters.recount_topics([full.pk])

    assert Topic.objects.get(pk=other.pk).reply_count == 5


def test_recount_topics_of_nothing_does_nothing():
    counters.recount_topics([])


def test_recount_topics_never_reuses_numbers(full):
    Topic.objects.filter(pk=full.pk).update(last_number=50)

    counters.recount_topics([full.pk])

    assert Topic.objects.get(pk=full.pk).last_number == 50


def test_recount_topics_finds_the_last_number_of_an_import(full):
    Topic.objects.filter(pk=full.pk).update(last_number=0)

    counters.recount_topics([full.pk])

    assert Topic.objects.get(pk=full.pk).last_number == 7


@pytest.mark.parametrize(
    ("status", "adds"),
    [("published", (1, 3)), ("hidden", (0, 0)), ("pending", (0, 0)), ("deleted", (0, 0))],
)
def test_contribution_counts_published_posts(status, adds):
    topic = TopicFactory(status=status)
    topic.reply_count = 2

    assert counters.contribution(topic) == (topic.category_id, *adds)


def totals(category: Category) -> tuple[int, int]:
    return Category.objects.values_list("topic_count", "post_count").get(pk=category.pk)


def test_refresh_updates_the_category():
    topic = PostFactory().topic
    assert totals(topic.category) == (1, 2)
    PostFactory.create_batch(2, topic=topic, counters=None)
    topic.posts.filter(number=2).update(status=Post.Status.HIDDEN)

    one_by_one(topic)

    assert totals(topic.category) == (1, 3)


def test_refresh_moves_the_contribution_to_another_category():
    topic = PostFactory().topic
    here, there = topic.category, CategoryFactory()

    with transaction.atomic():
        locked = counters.lock_topic(topic.pk)
        before = counters.contribution(locked)
        locked.category = there
        locked.save(update_fields=["category"])
        counters.refresh(locked, before=before)

    assert (totals(here), totals(there)) == ((0, 0), (1, 2))


def test_refresh_never_goes_below_zero():
    topic = PostFactory().topic
    Category.objects.filter(pk=topic.category_id).update(topic_count=0, post_count=0)
    topic.posts.filter(kind="reply").update(status=Post.Status.DELETED)

    one_by_one(topic)

    assert totals(topic.category) == (0, 0)


def test_lock_topic_of_a_deleted_topic_raises():
    with pytest.raises(Topic.DoesNotExist):
        counters.lock_topic(404)


def test_recount_categories_corrects_every_counter(django_assert_num_queries):
    topic = PostFactory(topic__tags=[TagFactory(name="milk")]).topic
    TopicFactory(category=topic.category, status=Topic.Status.HIDDEN, tags=[TagFactory(name="milk")])
    empty = CategoryFactory(topic_count=4, post_count=4)
    unused = TagFactory(name="unused", topic_count=3)
    Category.objects.filter(pk=topic.category_id).update(topic_count=9, post_count=9)

    with django_assert_num_queries(4):
        counters.recount_categories()

    unused.refresh_from_db()
    assert (totals(topic.category), totals(empty)) == ((1, 2), (0, 0))
    assert (Tag.objects.get(name="milk").topic_count, unused.topic_count) == (1, 0)


def test_recount_tags_counts_published_topics_only():
    tag, other = TagFactory(), TagFactory(topic_count=8)
    for status in ("published", "hidden", "pending", "deleted", "published"):
        TopicFactory(tags=[tag], status=status)

    counters.recount_tags([tag.pk, tag.pk])

    tag.refresh_from_db()
    other.refresh_from_db()
    assert (tag.topic_count, other.topic_count) == (2, 8)


def test_counters_are_correct_after_many_changes():
    """Check that incremental counters equal a full recount."""
    moderator = MemberFactory(role="moderator")
    here, there = CategoryFactory.create_batch(2)
    made = [
        topics.create(
            here,
            author=MemberFactory(),
            kind="discussion",
            title=f"How do I clean it, {n}?",
            source="It is dirty.",
            tags=["milk", "foam"],
        )
        for n in range(3)
    ]
    replies = [
        posts.create(topic, author=MemberFactory(), source="Like this.") for topic in made for _ in "12"
    ]
    posts.hide(replies[0], actor=moderator, reason="spam")
    posts.delete(replies[1], actor=moderator)
    posts.restore(replies[1], actor=moderator)
    topics.move(made[1], to=there, actor=moderator)
    posts.delete(made[2].posts.get(number=1), actor=moderator)
    before = state()

    counters.recount_topics(Topic.objects.values_list("pk", flat=True))
    counters.recount_categories()

    assert state() == before


def state():
    return [
        list(Topic.objects.order_by("pk").values(*COUNTERS, "last_number")),
        list(Category.objects.order_by("pk").values("topic_count", "post_count")),
        list(Tag.objects.order_by("pk").values("name", "topic_count")),
    ]
