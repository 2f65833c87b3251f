import pytest

from community.core.permissions import Refused
from community.events.models import Event
from community.forum.models import Category, Post, Topic
from community.forum.services import counters, posts, topics
from community.qa.services import accept_answer
from tests.factories.forum import (
    AnswerFactory,
    CategoryFactory,
    CommentFactory,
    PostFactory,
    QuestionFactory,
    TopicFactory,
)
from tests.factories.members import MemberFactory

from .event_log import event_names, get_event

pytestmark = pytest.mark.django_db


def start(category, title="Something to talk about"):
    return topics.create(
        category, author=MemberFactory(), kind="discussion", title=title, source="Here is what I mean."
    )


def test_pin_and_unpin_are_idempotent(moderator):
    topic = TopicFactory()

    for _ in range(2):
        topics.pin(topic, actor=moderator, everywhere=True)
    pinned = Topic.objects.get(pk=topic.pk)
    for _ in range(2):
        topics.unpin(topic, actor=moderator)

    assert pinned.is_pinned
    assert pinned.pinned_everywhere
    assert not Topic.objects.get(pk=topic.pk).is_pinned
    assert [e.props["what"] for e in Event.objects.order_by("occurred_at")] == [["pinned"], ["unpinned"]]


def test_close_topic_stores_who_and_why(moderator):
    topic = TopicFactory()

    for reason in ("answered elsewhere", "second time"):
        topics.close(topic, actor=moderator, reason=reason)

    topic.refresh_from_db()
    assert (topic.is_closed, topic.closed_by, topic.close_reason) == (True, moderator, "answered elsewhere")
    assert get_event("topic.edited").props == {"what": ["closed"]}


def test_reopen_topic_opens_it(moderator):
    topic = TopicFactory()
    topics.close(topic, actor=moderator)

    for _ in range(2):
        topics.reopen(topic, actor=moderator)

    topic.refresh_from_db()
    assert (topic.is_closed, topic.closed_by) == (False, None)


def test_move_topic_updates_category_counts(moderator):
    old, new = CategoryFactory(), CategoryFactory()
    topic = start(old)
    posts.create(topic, author=MemberFactory(), source="A reply comes along.")

    for _ in range(2):
        topics.move(topic, to=new, actor=moderator)

    counts = {c.pk: (c.topic_count, c.post_count) for c in Category.objects.all()}
    assert counts == {old.pk: (0, 0), new.pk: (1, 2)}
    assert get_event("topic.edited").props == {"what": ["moved"]}


def test_merge_topic_appends_its_posts(moderator):
    category = CategoryFactory()
    topic, target = start(category, "The younger topic"), start(category, "The older topic")
    posts.create(topic, author=MemberFactory(), source="Reply in the younger one.")

    for _ in range(2):
        topics.merge(topic, into=target, actor=moderator)

    topic.refresh_from_db()
    target.refresh_from_db()
    assert (topic.status, topic.merged_into) == ("deleted", target)
    assert [(p.number, p.kind) for p in target.posts.all()] == [(1, "opening"), (2, "reply"), (3, "reply")]
    assert (target.reply_count, target.last_number) == (2, 3)
    category.refresh_from_db()
    assert (category.topic_count, category.post_count) == (1, 3)


def test_merge_of_a_solved_question_clears_the_acceptance(moderator):
    question, target = QuestionFactory(), QuestionFactory()
    answer = posts.create(question, author=MemberFactory(), source="Clean the group head.")
    accept_answer(answer, actor=question.author)

    topics.merge(question, into=target, actor=moderator)
    answer.refresh_from_db()
    merged = (answer.is_accepted, answer.kind, answer.topic)
    accept_answer(answer, actor=target.author)

    assert merged == (False, Post.Kind.ANSWER, target)
    assert "answer.accepted" in event_names()
    assert Topic.objects.get(pk=target.pk).is_solved


def test_merge_topic_into_itself_is_refused(moderator):
    topic = TopicFactory()

    with pytest.raises(Refused, match="another topic"):
        topics.merge(topic, into=topic, actor=moderator)


def test_merge_topic_into_a_deleted_one_is_refused(moderator):
    with pytest.raises(Refused, match="has not been deleted"):
        topics.merge(TopicFactory(), into=TopicFactory(status="deleted"), actor=moderator)


def test_split_topic_creates_one_from_the_chosen_posts(moderator):
    topic = start(CategoryFactory())
    stays = posts.create(topic, author=MemberFactory(), source="This belongs here.")
    moved = posts.create(topic, author=MemberFactory(), source="This is about something else.")
    follows = posts.create(topic, author=MemberFactory(), source="Indeed it is.", parent=moved)
    elsewhere = CategoryFactory()

    new = topics.split(
        topic,
        [moved, follows],
        title="Something else",
        category=elsewhere,
        kind="discussion",
        actor=moderator,
    )

    topic.refresh_from_db()
    new.refresh_from_db()
    assert [(p.pk, p.number, p.kind) for p in new.posts.all()] == [
        (moved.pk, 1, "opening"),
        (follows.pk, 2, "reply"),
    ]
    assert (new.author, new.reply_count, new.created_at) == (moved.author, 1, moved.created_at)
    assert [p.pk for p in topic.posts.filter(kind="reply")] == [stays.pk]
    assert topic.reply_count == 1
    elsewhere.refresh_from_db()
    assert (elsewhere.topic_count, elsewhere.post_count) == (1, 2)


def test_split_includes_the_comments(moderator):
    comment = CommentFactory()

    new = topics.split(
        comment.topic,
        [comment.parent],
        title="On its own",
        category=CategoryFactory(),
        kind="discussion",
        actor=moderator,
    )

    comment.refresh_from_db()
    assert (comment.topic, comment.parent_id) == (new, comment.parent_id)


def test_split_of_a_comment_alone_is_refused(moderator):
    comment = CommentFactory()

    with pytest.raises(Refused, match="cannot split off a comment"):
        split_off(comment, moderator)


def test_split_of_nothing_the_opening_or_an_accepted_answer_is_refused(moderator):
    answer = AnswerFactory(is_accepted=True)
    topic = answer.topic

    with pytest.raises(Refused, match="cannot split off the opening post"):
        split_off(topic.posts.get(number=1), moderator)
    with pytest.raises(Refused, match="accepted answer"):
        split_off(answer, moderator)
    with pytest.raises(Refused, match="at least one"):
        topics.split(
            topic, [PostFactory()], title="None", category=topic.category, kind="discussion", actor=moderator
        )


def split_off(post, moderator):
    topics.split(
        post.topic, [post], title="Nope", category=post.topic.category, kind="discussion", actor=moderator
    )


def test_recount_sets_counters_after_an_import():
    category = CategoryFactory()
    topic = start(category)
    posts.create(topic, author=MemberFactory(), source="The only reply.")
    expected = Topic.objects.filter(pk=topic.pk).values("reply_count", "bumped_at", "last_post_author").get()
    Topic.objects.filter(pk=topic.pk).update(reply_count=7, bumped_at=topic.created_at, last_post_author=None)
    Category.objects.update(topic_count=9, post_count=9)

    counters.recount_topics([topic.pk])
    counters.recount_categories()

    category.refresh_from_db()
    assert Topic.objects.filter(pk=topic.pk).values(*expected).get() == expected
    assert (category.topic_count, category.post_count) == (1, 2)
