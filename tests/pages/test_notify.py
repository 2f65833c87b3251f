from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from community.events.models import Event
from community.events.registry import all_followers
from community.forum.services import likes, posts
from community.moderation.models import Policy
from community.notifications.models import Notification
from community.pages.followers import notify_members
from community.pages.notify import awards_as_subjects, posts_as_subjects
from community.qa import services as qa
from tests.factories.forum import AnswerFactory, CategoryFactory, PostFactory, QuestionFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_is_new():
    Policy.objects.create(pk=1, approve_first_posts=0, new_until_posts=0)


def follow():
    names = all_followers()["notifications"].names
    notify_members(list(Event.objects.filter(name__in=names).order_by("received_at")))


def lines():
    return [
        (line.member, line.kind, line.subject_id, line.actor) for line in Notification.objects.order_by("pk")
    ]


def test_a_reply_notifies_the_topics_author():
    topic = TopicFactory()
    post = posts.create(topic, author=MemberFactory(), source="I think so too.")

    follow()

    assert lines() == [(topic.author, "reply", post.pk, post.author)]


def test_a_reply_notifies_the_parents_author_too():
    topic = TopicFactory()
    parent = PostFactory(topic=topic)
    post = posts.create(topic, author=MemberFactory(), source="I think so too.", parent=parent)

    follow()

    assert {member for member, *_ in lines()} == {topic.author, parent.author}
    assert {line[2] for line in lines()} == {post.pk}


def test_a_reply_to_oneself_notifies_nobody():
    topic = TopicFactory()
    posts.create(topic, author=topic.author, source="One more thing.")

    follow()

    assert lines() == []


def test_a_mention_notifies_the_member():
    member = MemberFactory()
    topic = TopicFactory()
    post = posts.create(topic, author=topic.author, source=f"What do you say, @{member.username}?")

    follow()

    assert lines() == [(member, "mention", post.pk, topic.author)]


def test_a_member_both_answered_and_mentioned_is_notified_once():
    topic = TopicFactory()
    posts.create(topic, author=MemberFactory(), source=f"Yes, @{topic.author.username}.")

    follow()

    assert len(lines()) == 1


def test_nobody_is_notified_about_hidden_categories():
    group = Group.objects.create(name="insiders")
    author = MemberFactory(groups=[group])
    topic = TopicFactory(category=CategoryFactory(groups=[group]), author=author)
    outsider = MemberFactory()
    posts.create(topic, author=author, source=f"Do not tell @{outsider.username}.")

    follow()

    assert lines() == []


def test_an_accepted_answer_notifies_its_author():
    question = QuestionFactory()
    answer = AnswerFactory(topic=question)
    qa.accept_answer(answer, actor=question.author)

    follow()

    assert lines() == [(answer.author, "accepted", answer.pk, question.author)]


def test_likes_are_grouped():
    post = PostFactory()
    for member in MemberFactory.create_batch(3):
        likes.add(post, member=member)

    follow()

    line = Notification.objects.get()
    assert (line.member, line.kind, line.people) == (post.author, "like", 3)


def test_imported_events_notify_nobody():
    topic = TopicFactory()
    posts.create(topic, author=MemberFactory(), source="Long ago.", now=timezone.now() - timedelta(days=3))

    follow()

    assert lines() == []


def test_retracted_events_notify_nobody():
    post, member = PostFactory(), MemberFactory()
    likes.add(post, member=member)
    likes.remove(post, member=member)

    follow()

    assert lines() == []


def test_following_twice_notifies_once():
    topic = TopicFactory()
    posts.create(topic, author=MemberFactory(), source="I think so too.")

    follow()
    follow()

    assert len(lines()) == 1


@pytest.mark.parametrize("remove", [posts.hide, posts.delete])
def test_hiding_a_post_deletes_its_unread_notifications(remove):
    topic = TopicFactory()
    post = posts.create(topic, author=MemberFactory(), source="I think so too.")
    follow()
    remove(post, actor=MemberFactory(role="moderator"), reason="Spam")

    follow()

    assert lines() == []


def test_posts_as_subjects_returns_visible_posts_only():
    seen, hidden = PostFactory(), PostFactory(status="hidden")

    assert list(posts_as_subjects(MemberFactory(), [seen.pk, hidden.pk])) == [seen.pk]
    assert list(posts_as_subjects(hidden.author, [hidden.pk])) == [hidden.pk]


def test_awards_as_subjects_returns_own_awards_only():
    from tests.factories.badges import AwardFactory

    award = AwardFactory()

    found = awards_as_subjects(award.member, [award.pk])

    assert found[award.pk].title == award.badge.name
    assert awards_as_subjects(MemberFactory(), [award.pk]) == {}
