import pytest
from django.contrib.auth.models import AnonymousUser

from community.events.models import Event
from community.forum.models import Category, Post, Tag, Topic
from community.forum.services import likes, posts, topics
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


@pytest.fixture
def reply():
    return posts.create(TopicFactory(), author=MemberFactory(), source="Descale it every month.")


def test_delete_post_leaves_a_stub_and_retracts_events(reply, moderator):
    for _ in range(2):
        posts.delete(reply, actor=moderator, reason="advertising")

    reply.refresh_from_db()
    assert (reply.status, reply.deleted_by, reply.status_reason) == ("deleted", moderator, "advertising")
    assert Topic.objects.get(pk=reply.topic_id).reply_count == 0
    assert event_names(member=reply.author) == ["post.deleted"]
    assert get_event("post.deleted").props == {"topic_id": reply.topic_id, "reason": "advertising"}


def test_restore_post_reinstates_events(reply, moderator):
    posts.delete(reply, actor=moderator)

    for _ in range(2):
        posts.restore(reply, actor=moderator)

    reply.refresh_from_db()
    assert (reply.status, reply.deleted_at, reply.deleted_by) == ("published", None, None)
    assert Topic.objects.get(pk=reply.topic_id).reply_count == 1
    assert sorted(event_names(member=reply.author)) == ["post.deleted", "post.restored", "reply.created"]


def test_restored_pending_post_is_pending_again(moderator):
    waiting = PostFactory(status=Post.Status.PENDING)
    posts.delete(waiting, actor=waiting.author)

    posts.restore(waiting, actor=waiting.author)

    waiting.refresh_from_db()
    assert waiting.status == "pending"
    assert "reply.created" not in event_names()


def test_hide_retracts_and_unhide_reinstates_events(reply, moderator):
    for _ in range(2):
        posts.hide(reply, actor=None, reason="flagged by three members")
    hidden = event_names(member=reply.author)

    for _ in range(2):
        posts.unhide(reply, actor=moderator)

    reply.refresh_from_db()
    assert hidden == ["post.hidden"]
    assert reply.status == "published"
    assert sorted(event_names(member=reply.author)) == ["post.hidden", "post.unhidden", "reply.created"]


def test_a_hidden_pending_post_is_pending_again_when_unhidden(moderator):
    waiting = PostFactory(status=Post.Status.PENDING)

    posts.hide(waiting, actor=moderator, reason="spam")
    waiting.refresh_from_db()
    refused = (waiting.status, waiting.status_reason)
    posts.unhide(waiting, actor=moderator)

    waiting.refresh_from_db()
    assert refused == ("hidden", "spam")
    assert (waiting.status, waiting.status_before) == ("pending", "")
    assert "reply.created" not in event_names()


def test_a_refused_post_is_never_published_by_restoring(moderator):
    waiting = PostFactory(status=Post.Status.PENDING)
    posts.hide(waiting, actor=moderator, reason="spam")

    posts.delete(waiting, actor=moderator)
    posts.restore(waiting, actor=moderator)
    posts.unhide(waiting, actor=moderator)

    waiting.refresh_from_db()
    assert waiting.status == "pending"


@pytest.mark.parametrize("act", [posts.hide, posts.delete])
def test_unapproved_posts_leave_no_stub(moderator, act):
    waiting = PostFactory(status=Post.Status.PENDING)

    act(waiting, actor=moderator, reason="spam")

    for reader, sees in (
        (AnonymousUser(), False),
        (MemberFactory(), False),
        (waiting.author, True),
        (moderator, True),
    ):
        assert Post.objects.on_page_of(reader).filter(pk=waiting.pk).exists() is sees


@pytest.mark.parametrize("act", [posts.hide, posts.delete])
def test_published_posts_leave_a_stub(reply, moderator, act):
    act(reply, actor=moderator, reason="spam")

    assert Post.objects.on_page_of(AnonymousUser()).filter(pk=reply.pk).exists()


def test_deleted_hidden_post_is_hidden_when_restored(reply, moderator):
    posts.hide(reply, actor=moderator, reason="rude")
    posts.delete(reply, actor=moderator)

    posts.restore(reply, actor=moderator)

    reply.refresh_from_db()
    assert reply.status == "hidden"
    assert "reply.created" not in event_names()


def test_deleting_the_opening_deletes_its_topic(moderator):
    author = MemberFactory()
    topic = topics.create(
        CategoryFactory(),
        author=author,
        kind="discussion",
        title="Beans for sale, cheap",
        source="Buy them now.",
        tags=["beans"],
    )

    posts.delete(topic.posts.get(), actor=moderator)

    topic.refresh_from_db()
    assert topic.status == "deleted"
    assert event_names(member=author) == ["post.deleted"]
    assert Category.objects.get().topic_count == 0
    assert Tag.objects.get().topic_count == 0


def test_restoring_the_opening_restores_its_topic(moderator):
    topic = topics.create(
        CategoryFactory(),
        author=MemberFactory(),
        kind="question",
        title="Which beans to buy?",
        source="I like them dark.",
        tags=["beans"],
    )
    posts.delete(topic.posts.get(), actor=moderator)

    posts.restore(topic.posts.get(), actor=moderator)

    topic.refresh_from_db()
    assert topic.status == "published"
    assert {"topic.created", "question.asked"} <= set(event_names(member=topic.author))
    assert Category.objects.get().topic_count == 1
    assert Tag.objects.get().topic_count == 1


def test_deleting_an_accepted_answer_leaves_the_question_unsolved(moderator):
    question = QuestionFactory()
    answer = posts.create(question, author=MemberFactory(), source="Change the gasket.")
    accept_answer(answer, actor=question.author)

    posts.delete(answer, actor=moderator)
    gone = (Topic.objects.get(pk=question.pk).is_solved, event_names())
    posts.restore(answer, actor=moderator)

    assert gone == (False, ["post.deleted"])
    assert Topic.objects.get(pk=question.pk).is_solved
    assert {"answer.accepted", "question.resolved", "reply.created"} <= set(event_names())


def test_a_removed_like_is_not_reinstated_with_the_post(reply, moderator):
    fan = MemberFactory()
    likes.add(reply, member=fan)
    likes.remove(reply, member=fan)
    posts.delete(reply, actor=moderator)

    posts.restore(reply, actor=moderator)

    received = Event.objects.get(name="reaction.received")
    assert received.retract_reason == "the like was taken back"


# Comments on posts that were never approved


@pytest.fixture(params=["pending", "hidden", "deleted"])
def unapproved(request, moderator):
    """An answer that waits for approval, or was hidden or deleted before it was approved."""
    answer = AnswerFactory(status=Post.Status.PENDING)
    act = {"hidden": posts.hide, "deleted": posts.delete}.get(request.param)
    return act(answer, actor=moderator, reason="spam") if act else answer


@pytest.mark.parametrize("seen", [Post.objects.visible_to, Post.objects.on_page_of])
def test_comments_appear_only_with_their_parent(unapproved, moderator, seen):
    comment = CommentFactory(parent=unapproved)

    for reader, sees in (
        (AnonymousUser(), False),
        (comment.author, False),
        (unapproved.author, True),
        (moderator, True),
    ):
        assert seen(reader).filter(pk=comment.pk).exists() is sees


@pytest.mark.parametrize("act", [posts.hide, posts.delete])
def test_comments_on_a_stub_appear(moderator, act):
    comment = CommentFactory()

    act(comment.parent, actor=moderator, reason="spam")

    for seen in (Post.objects.visible_to, Post.objects.on_page_of):
        assert seen(AnonymousUser()).filter(pk=comment.pk).exists()


def test_replies_to_an_unapproved_post_stand_alone(unapproved):
    reply = PostFactory(topic=unapproved.topic, parent=unapproved)

    assert Post.objects.visible_to(AnonymousUser()).filter(pk=reply.pk).exists()
