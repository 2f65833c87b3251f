"""Events recorded when a post is published, hidden and restored."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.events.models import Event
from community.forum.models import Topic
from community.forum.services import likes, post_events, posts, topics
from community.qa.services import accept_answer, mark_official, unmark_official
from tests.factories.forum import (
    AnswerFactory,
    CommentFactory,
    PostFactory,
    QuestionFactory,
    TagFactory,
    TopicFactory,
)
from tests.factories.members import CompanyFactory, MemberFactory

from .event_log import event_names, get_event

pytestmark = pytest.mark.django_db


def drafts(post, **fields):
    return list(post_events.creation_drafts(post, post.topic, **fields))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("discussion", ["topic.created"]),
        ("announcement", ["topic.created"]),
        ("question", ["topic.created", "question.asked"]),
        ("idea", ["topic.created", "idea.submitted"]),
        ("article", ["topic.created", "article.published"]),
    ],
)
def test_creation_drafts_of_an_opening_depend_on_the_kind(kind, names):
    opening = TopicFactory(kind=kind).posts.get()

    found = drafts(opening, tags=["milk"])

    assert [draft.name for draft in found] == names
    assert (found[0].payload["kind"], found[0].payload["tags"]) == (kind, ["milk"])
    assert {(draft.object_type, draft.object_id) for draft in found} == {("forum.topic", opening.topic_id)}


def test_creation_drafts_of_an_article_have_the_word_count():
    opening = TopicFactory(kind=Topic.Kind.ARTICLE, opening__source="One two three.").posts.get()

    assert drafts(opening)[1].payload == {"title": opening.topic.title, "words": 3}


def test_creation_drafts_of_a_reply_name_the_topics_author():
    reply = PostFactory(source="Four words of mine.")

    (draft,) = drafts(reply)

    assert (draft.name, draft.counterpart_id) == ("reply.created", reply.topic.author_id)
    assert draft.payload == {"words": 4, "is_answer": False, "topic_id": reply.topic_id}


def test_creation_drafts_of_an_answer_are_marked_as_answer():
    assert drafts(AnswerFactory())[0].payload["is_answer"] is True


def test_creation_drafts_of_a_comment_name_the_parents_author():
    comment = CommentFactory()

    assert drafts(comment)[0].counterpart_id == comment.parent.author_id


def test_creation_drafts_of_a_comment_without_parent_name_the_topics_author():
    comment = CommentFactory()
    comment.parent = None

    assert drafts(comment)[0].counterpart_id == comment.topic.author_id


@pytest.mark.parametrize(
    ("role", "as_who"), [("", "member"), ("moderator", "staff"), ("sales", "sales"), ("support", "staff")]
)
def test_creation_drafts_have_the_authors_role(role, as_who):
    (draft,) = drafts(PostFactory(author=MemberFactory(role=role)))

    assert draft.actor_role == as_who


def test_creation_drafts_have_the_authors_company():
    company = CompanyFactory()

    (draft,) = drafts(PostFactory(author=MemberFactory(company=company)))

    assert draft.company_id == company.pk


def test_creation_drafts_have_the_time_of_writing():
    long_ago = timezone.now() - timedelta(days=900)

    (draft,) = drafts(PostFactory(created_at=long_ago), source="import:old", channel="import")

    assert (draft.occurred_at, draft.source, draft.channel) == (long_ago, "import:old", "import")


def test_record_creation_is_idempotent():
    reply = PostFactory()
    named = MemberFactory()

    for _ in range(2):
        post_events.record_creation(reply, reply.topic, mentioned=[named])

    assert sorted(event_names()) == ["member.mentioned", "reply.created"]


def test_record_creation_of_a_topic_includes_its_tags():
    topic = TopicFactory(tags=[TagFactory(name="milk"), TagFactory(name="foam")])

    post_events.record_creation(topic.posts.get(), topic, mentioned=[])

    assert sorted(get_event("topic.created").props["tags"]) == ["foam", "milk"]


def test_mention_drafts_exclude_the_author():
    reply = PostFactory()
    named = MemberFactory()

    (draft,) = post_events.mention_drafts(reply, [named, reply.author])

    assert (draft.member_id, draft.actor_id, draft.counterpart_id) == (
        named.pk,
        reply.author_id,
        reply.author_id,
    )


def test_mention_drafts_have_one_per_member():
    reply, people = PostFactory(), MemberFactory.create_batch(3)

    post_events.record_creation(reply, reply.topic, mentioned=people)

    mentions = Event.objects.filter(name="member.mentioned")
    assert {event.member_id for event in mentions} == {member.pk for member in people}


def test_record_new_mentions_skips_earlier_mentions():
    reply = PostFactory()
    first, second = MemberFactory.create_batch(2)
    post_events.record_creation(reply, reply.topic, mentioned=[first])

    post_events.record_new_mentions(reply, [first, second, reply.author], at=timezone.now())

    mentions = Event.objects.filter(name="member.mentioned")
    assert sorted(event.member_id for event in mentions) == sorted([first.pk, second.pk])


def test_retract_and_reinstate_author_events_of_a_reply():
    reply = PostFactory()
    post_events.record_creation(reply, reply.topic, mentioned=[])

    post_events.retract_author_events(reply)
    gone = event_names()
    post_events.reinstate_author_events(reply)

    assert (gone, event_names()) == ([], ["reply.created"])


def test_retract_author_events_keeps_others_events():
    reply = PostFactory()
    named = MemberFactory()
    post_events.record_creation(reply, reply.topic, mentioned=[named])

    post_events.retract_author_events(reply)

    assert event_names() == ["member.mentioned"]


def test_retract_author_events_of_a_reply_keeps_its_topic():
    topic = TopicFactory()
    reply = PostFactory(topic=topic, author=topic.author)
    post_events.record_creation(topic.posts.get(number=1), topic, mentioned=[])
    post_events.record_creation(reply, topic, mentioned=[])

    post_events.retract_author_events(reply)

    assert event_names() == ["topic.created"]


def test_retract_author_events_of_an_opening_includes_the_topic():
    topic = QuestionFactory()
    post_events.record_creation(topic.posts.get(), topic, mentioned=[])

    post_events.retract_author_events(topic.posts.get())

    assert event_names() == []


def test_retract_author_events_of_an_accepted_answer_includes_the_solution():
    answer = AnswerFactory()
    post_events.record_creation(answer, answer.topic, mentioned=[])
    accept_answer(answer, actor=answer.topic.author)
    answer.refresh_from_db()
    before = set(event_names())

    post_events.retract_author_events(answer)

    assert {"answer.accepted", "question.resolved", "reply.created"} <= before
    assert not {"answer.accepted", "question.resolved", "reply.created"} & set(event_names())


def test_reinstate_author_events_keeps_other_retractions():
    reply = PostFactory()
    post_events.record_creation(reply, reply.topic, mentioned=[])
    event = Event.objects.get(name="reply.created")
    post_events.retract_one("reply.created", event.object_type, event.object_id, "", reason="a test account")

    post_events.reinstate_author_events(reply)

    assert event_names() == []


def test_retract_author_events_stores_the_reason():
    reply = PostFactory()
    post_events.record_creation(reply, reply.topic, mentioned=[])

    post_events.retract_author_events(reply)

    assert Event.objects.get(name="reply.created").retract_reason == post_events.POST_GONE


def test_retract_author_events_is_idempotent():
    reply = PostFactory()
    post_events.record_creation(reply, reply.topic, mentioned=[])

    for _ in range(2):
        post_events.retract_author_events(reply)

    assert Event.objects.filter(name="event.retracted").count() == 1


def test_retract_one_of_an_unknown_event_does_nothing():
    post_events.retract_one("reply.created", "forum.post", 404, "", reason="never was")

    assert not Event.objects.exists()


def test_a_hidden_question_does_not_count_for_its_asker():
    topic = topics.create(
        QuestionFactory().category,
        author=MemberFactory(),
        title="How hot is the water?",
        source="Mine is never right.",
        kind="question",
    )

    posts.hide(topic.posts.get(), actor=None, reason="flagged")

    assert event_names(member=topic.author) == ["post.hidden"]


def test_hiding_and_deleting_a_post_records_both():
    moderator = MemberFactory(role="moderator")
    reply = posts.create(TopicFactory(), author=MemberFactory(), source="Buy my beans.")

    posts.hide(reply, actor=moderator, reason="advertising")
    posts.delete(reply, actor=moderator, reason="advertising")

    assert event_names(member=reply.author) == ["post.hidden", "post.deleted"]


def test_hiding_a_post_twice_records_two_events():
    moderator = MemberFactory(role="moderator")
    reply = posts.create(TopicFactory(), author=MemberFactory(), source="Buy my beans.")

    for _ in range(2):
        posts.hide(reply, actor=moderator, reason="advertising")
        posts.unhide(reply, actor=moderator)

    assert event_names(member=reply.author).count("post.hidden") == 2
    assert event_names(member=reply.author).count("reply.created") == 1


def hidden_meanwhile(post):
    posts.hide(post, actor=None, reason="flagged")
    yield
    posts.unhide(post, actor=None)


def test_a_like_removed_while_hidden_is_not_reinstated():
    reply, fan = PostFactory(), MemberFactory()
    likes.add(reply, member=fan)

    for _ in hidden_meanwhile(reply):
        likes.remove(reply, member=fan)

    assert not {"reaction.received", "reaction.given"} & set(event_names())


def test_an_acceptance_moved_while_hidden_is_not_reinstated():
    topic = QuestionFactory()
    first, second = AnswerFactory(topic=topic), AnswerFactory(topic=topic)
    accept_answer(first, actor=topic.author)

    for _ in hidden_meanwhile(first):
        accept_answer(second, actor=topic.author)

    assert "answer.accepted" not in event_names(member=first.author)
    assert get_event("answer.accepted").member == second.author
    assert get_event("question.resolved").props["by"] == second.author_id


def test_an_official_mark_removed_while_hidden_is_not_reinstated():
    answer, staff = AnswerFactory(), MemberFactory(role="support")
    mark_official(answer, actor=staff)

    for _ in hidden_meanwhile(answer):
        unmark_official(answer, actor=staff)

    assert "answer.marked_official" not in event_names()


def test_earlier_events_are_reinstated():
    reply, fan = PostFactory(), MemberFactory()
    likes.add(reply, member=fan)

    for _ in hidden_meanwhile(reply):
        pass

    assert "reaction.received" in event_names(member=reply.author)


def test_a_like_removed_and_added_again_counts():
    reply, fan = PostFactory(), MemberFactory()
    likes.add(reply, member=fan)
    for _ in hidden_meanwhile(reply):
        likes.remove(reply, member=fan)

    likes.add(reply, member=fan)

    assert "reaction.received" in event_names(member=reply.author)
