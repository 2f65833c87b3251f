from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from community.core.permissions import Refused
from community.events.models import Event
from community.forum.models import Category, Post, Topic
from community.forum.screening import Verdict
from community.forum.services import posts, topics
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


def ask(**changes):
    fields = {
        "author": MemberFactory(),
        "kind": "question",
        "title": "Which grinder for espresso?",
        "source": "Mine is **loud**.",
        "tags": ["Grinders", "espresso"],
        **changes,
    }
    category = fields.pop("category", None) or CategoryFactory(kind="qa")
    return topics.create(category, **fields)


def test_create_topic_stores_source_and_html():
    topic = ask()

    opening = topic.posts.get()
    assert (opening.source, opening.html) == ("Mine is **loud**.", "<p>Mine is <strong>loud</strong>.</p>\n")
    assert (opening.word_count, opening.number, opening.kind) == (3, 1, Post.Kind.OPENING)
    assert (topic.slug, topic.excerpt) == ("which-grinder-for-espresso", "Mine is loud.")
    assert [tag.name for tag in topic.tags.all()] == ["espresso", "grinders"]


def test_create_topic_updates_category_and_tag_counts():
    topic = ask()

    category = Category.objects.get(pk=topic.category_id)
    assert (category.topic_count, category.post_count) == (1, 1)
    assert [tag.topic_count for tag in topic.tags.all()] == [1, 1]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("discussion", ["topic.created"]),
        ("announcement", ["topic.created"]),
        ("question", ["question.asked", "topic.created"]),
        ("idea", ["idea.submitted", "topic.created"]),
        ("article", ["article.published", "topic.created"]),
    ],
)
def test_create_topic_records_events_of_its_kind(kind, names):
    ask(kind=kind)

    assert sorted(event_names()) == names


def test_create_topic_records_author_and_category():
    author = MemberFactory()

    topic = ask(author=author)

    event = get_event("topic.created")
    assert (event.member_id, event.actor_id, event.object_type, event.object_id) == (
        author.pk,
        author.pk,
        "forum.topic",
        topic.pk,
    )
    assert event.props == {
        "title": "Which grinder for espresso?",
        "category": topic.category.slug,
        "kind": "question",
        "tags": ["espresso", "grinders"],
    }


def test_create_topic_twice_creates_one():
    author, category = MemberFactory(), CategoryFactory()

    first = ask(author=author, category=category)
    second = ask(author=author, category=category)

    assert second == first
    assert Topic.objects.count() == 1
    assert Event.objects.filter(name="topic.created").count() == 1


def test_create_topic_with_the_same_text_a_day_later_creates_another():
    author, category, now = MemberFactory(), CategoryFactory(), timezone.now()

    first = ask(author=author, category=category, now=now - timedelta(days=1))
    second = ask(author=author, category=category, now=now)

    assert second != first


def test_create_topic_backdated_records_that_time():
    long_ago = datetime(2026, 3, 1, 9, tzinfo=UTC)

    topic = ask(now=long_ago)

    assert (topic.created_at, topic.bumped_at, topic.posts.get().created_at) == (long_ago,) * 3
    event = get_event("question.asked")
    assert (event.occurred_at, event.backfill) == (long_ago, True)


def test_create_topic_with_six_tags_is_refused():
    with pytest.raises(Refused, match="at most 5 tags"):
        ask(tags=["a", "b", "c", "d", "e", "f"])


def test_create_topic_refused_by_a_screener_saves_nothing(screener):
    screener(Verdict(refuse=True, sentence="Wait a minute between topics."))

    with pytest.raises(Refused, match="Wait a minute"):
        ask()

    assert Topic.objects.count() == 0
    assert event_names() == []


def test_held_topic_records_no_event(screener):
    screener(Verdict(hold=True, sentence="First posts are looked at."))

    topic = ask()

    assert (topic.status, topic.posts.get().status_reason) == ("pending", "First posts are looked at.")
    assert event_names() == []
    assert Category.objects.get().topic_count == 0


def test_screeners_can_be_skipped(screener):
    screener(Verdict(refuse=True, sentence="No."))

    assert ask(screen=False).status == "published"


def test_category_that_holds_posts_does_not_hold_staff_posts():
    category = CategoryFactory(holds_posts=True)

    held = ask(category=category)
    open_ = ask(category=category, author=MemberFactory(role="support"))

    assert (held.status, open_.status) == ("pending", "published")


def test_approve_publishes_a_held_topic_with_its_original_time(screener):
    screener(Verdict(hold=True))
    written = timezone.now() - timedelta(hours=3)
    topic = ask(now=written)
    moderator = MemberFactory(role="moderator")

    for _ in range(2):
        posts.approve(topic.posts.get(), actor=moderator)

    topic.refresh_from_db()
    assert topic.status == "published"
    assert get_event("topic.created").occurred_at == written
    approved = get_event("post.approved")
    assert (approved.member_id, approved.actor_id) == (topic.author_id, moderator.pk)
    assert Category.objects.get().topic_count == 1


def test_approve_counts_a_held_reply(screener):
    topic = TopicFactory()
    screener(Verdict(hold=True))
    reply = posts.create(topic, author=MemberFactory(), source="Try the blue one.")
    before = Topic.objects.get(pk=topic.pk).reply_count

    posts.approve(reply, actor=MemberFactory(role="moderator"))

    assert (before, Topic.objects.get(pk=topic.pk).reply_count) == (0, 1)
    assert get_event("reply.created").object_id == reply.pk


def test_reply_to_a_question_is_an_answer():
    question, author = QuestionFactory(), MemberFactory()

    answer = posts.create(question, author=author, source="Use a finer grind.")

    question.refresh_from_db()
    assert (answer.kind, answer.number) == (Post.Kind.ANSWER, 2)
    assert (question.answer_count, question.reply_count) == (1, 1)
    assert (question.last_post_author, question.bumped_at) == (author, answer.created_at)
    event = get_event("reply.created")
    assert event.props == {"words": 4, "is_answer": True, "topic_id": question.pk}
    assert (event.member_id, event.counterpart_id) == (author.pk, question.author_id)


def test_reply_to_a_discussion_is_a_reply():
    reply = posts.create(TopicFactory(), author=MemberFactory(), source="I agree with this.")

    assert reply.kind == Post.Kind.REPLY
    assert get_event("reply.created").props["is_answer"] is False


def test_create_post_twice_creates_one():
    topic, author = TopicFactory(), MemberFactory()

    first = posts.create(topic, author=author, source="Me too, every morning.")
    second = posts.create(topic, author=author, source="Me too, every morning.")

    assert first == second
    assert Event.objects.filter(name="reply.created").count() == 1


def test_same_text_under_two_posts_is_two_comments():
    question, author = QuestionFactory(), MemberFactory()
    answer = PostFactory(topic=question, kind="answer")

    for parent in (question.posts.get(number=1), answer):
        posts.create(question, author=author, source="Thanks!", parent=parent, kind="comment")

    assert question.posts.filter(kind="comment").count() == 2


def test_comment_neither_counts_nor_bumps_the_topic():
    answer = PostFactory(topic=QuestionFactory(), kind="answer")
    topic = Topic.objects.get(pk=answer.topic_id)

    comment = posts.create(topic, author=MemberFactory(), source="How fine?", parent=answer, kind="comment")

    after = Topic.objects.get(pk=topic.pk)
    assert (after.reply_count, after.bumped_at, after.last_number) == (1, topic.bumped_at, 3)
    assert get_event("reply.created").counterpart_id == answer.author_id
    assert comment.parent == answer


def test_comment_on_a_comment_has_the_same_parent():
    earlier = CommentFactory()

    comment = posts.create(
        earlier.topic, author=MemberFactory(), source="Very fine.", parent=earlier, kind="comment"
    )

    assert comment.parent == earlier.parent


@pytest.mark.parametrize("status", ["pending", "hidden", "deleted"])
def test_comment_requires_a_published_parent(status):
    answer = AnswerFactory(status=status)

    with pytest.raises(Refused, match="only comment on published posts"):
        posts.create(answer.topic, author=answer.author, source="Hm.", parent=answer, kind="comment")


def test_comment_on_a_post_that_was_just_hidden_is_refused(moderator):
    answer = AnswerFactory()
    posts.hide(Post.objects.get(pk=answer.pk), actor=moderator, reason="spam")

    with pytest.raises(Refused, match="only comment on published posts"):
        posts.create(answer.topic, author=MemberFactory(), source="Hm.", parent=answer, kind="comment")


def test_comment_requires_a_parent():
    with pytest.raises(Refused, match="cannot comment on this post"):
        posts.create(TopicFactory(), author=MemberFactory(), source="Hm.", kind="comment")


def test_comment_on_a_comment_without_a_parent_is_refused():
    orphan = CommentFactory()
    Post.objects.filter(pk=orphan.pk).update(parent=None)
    orphan.refresh_from_db()

    with pytest.raises(Refused, match="cannot comment on this post"):
        posts.create(orphan.topic, author=MemberFactory(), source="Hm.", parent=orphan, kind="comment")


def test_reply_to_a_post_in_another_topic_is_refused():
    with pytest.raises(Refused, match="another topic"):
        posts.create(TopicFactory(), author=MemberFactory(), source="Yes.", parent=PostFactory())


def test_closed_topic_accepts_replies_by_moderators_only():
    topic = TopicFactory(closed_at=timezone.now())

    with pytest.raises(Refused, match="closed"):
        posts.create(topic, author=MemberFactory(), source="One more thing.")
    posts.create(topic, author=MemberFactory(role="moderator"), source="Closed, see below.")

    assert Topic.objects.get(pk=topic.pk).reply_count == 1


def test_mentioned_members_are_linked_and_recorded_once():
    anna = MemberFactory(username="anna")
    author = MemberFactory()

    post = posts.create(TopicFactory(), author=author, source="@Anna and @anna and @nobody and me")

    assert post.html.count('<a class="mention" href="/u/anna/"') == 2
    event = get_event("member.mentioned")
    assert (event.member_id, event.actor_id, event.object_id) == (anna.pk, author.pk, post.pk)


def test_mentioning_oneself_is_not_recorded():
    author = MemberFactory(username="bert")

    posts.create(TopicFactory(), author=author, source="I, @bert, said so.")

    assert "member.mentioned" not in event_names()


def test_line_ends_are_normalized():
    post = posts.create(TopicFactory(), author=MemberFactory(), source="one\r\ntwo\rthree")

    assert post.source == "one\ntwo\nthree"


def test_numbers_are_not_reused_after_a_deletion():
    topic = TopicFactory()
    first = posts.create(topic, author=MemberFactory(), source="The first reply.")
    posts.delete(first, actor=first.author)

    second = posts.create(topic, author=MemberFactory(), source="The second reply.")

    assert (first.number, second.number) == (2, 3)
