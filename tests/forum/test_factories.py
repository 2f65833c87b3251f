import pytest

from community.forum.models import Category, Post, Topic
from tests.factories.forum import (
    AnswerFactory,
    CategoryFactory,
    CommentFactory,
    PostFactory,
    QuestionFactory,
    TopicFactory,
)
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def test_topic_comes_with_its_opening_post():
    topic = TopicFactory(opening__source="Which grinder?")

    opening = topic.posts.get()

    assert (opening.kind, opening.number, opening.source) == (Post.Kind.OPENING, 1, "Which grinder?")
    assert opening.author == topic.author
    assert topic.last_number == 1


def test_topic_can_come_without_opening():
    assert TopicFactory(opening=False).posts.count() == 0


def test_answers_are_counted_on_their_question():
    question = QuestionFactory()

    AnswerFactory(topic=question)
    AnswerFactory(topic=question)

    stored = Topic.objects.get(pk=question.pk)
    assert (stored.kind, stored.answer_count, stored.reply_count, stored.last_number) == ("question", 2, 2, 3)


def test_comment_belongs_to_its_parent_and_is_not_counted():
    comment = CommentFactory()

    assert comment.topic == comment.parent.topic
    assert comment.topic.reply_count == 1


def test_reply_bumps_the_topic():
    reply = PostFactory()

    assert reply.topic.bumped_at == reply.created_at
    assert reply.topic.last_post_author == reply.author


def test_moderator_is_in_the_group_of_the_role():
    moderator = MemberFactory(role="moderator")

    assert [group.name for group in moderator.groups.all()] == ["moderator"]
    assert moderator.is_staff


def test_private_category_names_its_groups():
    group = MemberFactory(role="sales").groups.get()

    category = CategoryFactory(groups=[group])

    assert category.see_by == Category.Audience.GROUPS
    assert list(category.see_groups.all()) == [group]
