"""Everything that refers to a topic or post, and what happens to it when topics are merged, split or moved.

The lists are compared with the models: a new reference fails here until it is listed.
"""

import pytest
from django.apps import apps
from django.db import models

from community.events.models import Event
from community.forum.models import Category, Post, ReadState, Topic
from community.forum.services import posts, topics
from community.notifications.services import notify
from community.notifications.subjects import resolve
from community.prospects.models import DeskQuestion
from community.prospects.services import claims, prospect_events
from community.qa import services as qa
from community.qa.models import Question
from tests.factories.badges import AwardFactory
from tests.factories.forum import CategoryFactory, PostFactory, QuestionFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import FlagFactory, ReviewItemFactory, SanctionFactory
from tests.factories.prospects import ProspectForumFactory, RosterEntryFactory, a_prospect_asks, a_reply
from tests.forum.event_log import event_names

pytestmark = pytest.mark.django_db

FOLLOWS_POST = "goes where the post goes"
TO_TOPICS = {
    "forum.Post.topic": "posts are appended to the target",
    "forum.ReadState.topic": "readers go on in the target",
    "forum.Topic.merged_into": "redirects to the target, without a chain",
    "forum.Topic_tags.topic": "the target keeps its own tags",
    "prospects.DeskQuestion.topic": "leaves the desk, and its page redirects to the target",
    "qa.Question.topic": "is no longer solved",
}
TO_POSTS = {
    "badges.Award.post": FOLLOWS_POST,
    "forum.Like.post": FOLLOWS_POST,
    "forum.Post.parent": FOLLOWS_POST,
    "forum.Revision.post": FOLLOWS_POST,
    "moderation.Flag.post": FOLLOWS_POST,
    "moderation.ReviewItem.post": FOLLOWS_POST,
    "moderation.Sanction.post": FOLLOWS_POST,
    "qa.OfficialMark.post": FOLLOWS_POST,
    "qa.Question.accepted_answer": "is no longer accepted",
    "qa.Vote.post": FOLLOWS_POST,
}
# Ids without a foreign key: the subject's table is in an app above, or the row outlives it.
STORED_IDS = {
    "events.Event.object_id": "the log keeps what happened; a merged opening takes its topic's events with it",
    "importers.ImportedRow.target_id": "old URLs lead to the post, wherever it is",
    "importers.StagedRow.target_id": "only during an import",
    "importers.StagedRow.topic_id": "only during an import",
    "moderation.AuditEntry.object_id": "the audit log keeps what happened",
    "notifications.Notification.subject_id": "resolved when shown, following a merge",
}


def relations_to(model: type[models.Model]) -> set[str]:
    return {
        f"{field.model._meta.app_label}.{field.model.__name__}.{field.name}"
        for each in apps.get_models(include_auto_created=True)
        for field in each._meta.fields
        if field.related_model is model
    }


def stored_ids() -> set[str]:
    """Fields named like ids that are not foreign keys."""
    ours = ("community", "journeys", "advocacy")
    return {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model.__module__.split(".")[0] in ours
        for field in model._meta.fields
        if field.name.removesuffix("_id") in ("object", "subject", "target", "topic", "post")
        and field.name.endswith("_id")
    }


def test_every_reference_is_decided():
    assert relations_to(Topic) == set(TO_TOPICS)
    assert relations_to(Post) == set(TO_POSTS)
    assert stored_ids() == set(STORED_IDS)


@pytest.fixture
def moderator():
    return MemberFactory(role="moderator")


def at_desk(entry, *, minutes_ago=60) -> DeskQuestion:
    return a_prospect_asks(entry.forum, minutes_ago=minutes_ago)


def synced(*topics_: Topic) -> None:
    prospect_events.sync_topics([topic.pk for topic in topics_])


# References to topics


@pytest.mark.parametrize("is_synced", [False, True], ids=["before the follower", "after it"])
@pytest.mark.parametrize("role", ["sales", "manager", "moderator"])
def test_a_merged_question_redirects_at_the_desk(client, role, is_synced):
    entry = RosterEntryFactory(member__role=role)
    question, target = at_desk(entry), at_desk(entry, minutes_ago=90)
    client.force_login(entry.member)

    topics.merge(question.topic, into=target.topic, actor=MemberFactory(role="moderator"))
    if is_synced:
        synced(question.topic, target.topic)

    assert client.get(f"/desk/{question.pk}/").headers["Location"] == f"/desk/{target.pk}/"
    assert client.get(f"/desk/{target.pk}/").status_code == 200
    assert client.get("/desk/").status_code == 200
    assert client.post(f"/desk/{question.pk}/claim/").status_code == 404


def test_a_question_merged_into_a_topic_that_is_not_at_the_desk_redirects_there(client, moderator):
    entry, target = RosterEntryFactory(), TopicFactory()
    question = at_desk(entry)
    client.force_login(entry.member)

    topics.merge(question.topic, into=target, actor=moderator)

    assert client.get(f"/desk/{question.pk}/").headers["Location"] == target.get_absolute_url()


def test_the_follower_hears_of_both_topics_of_a_merge(moderator):
    question, target = a_prospect_asks(), TopicFactory()

    topics.merge(question.topic, into=target, actor=moderator)

    edited = Event.objects.filter(name="topic.edited").values_list("object_id", "props__what")
    assert dict(edited) == {target.pk: ["merged"], question.pk: ["merged_away"]}


@pytest.mark.parametrize("gone", ["hidden", "deleted"])
def test_a_question_that_is_gone_is_not_found_at_the_desk(client, gone):
    entry = RosterEntryFactory(member__role="manager")
    question = at_desk(entry)
    opening = question.topic.posts.get()
    client.force_login(entry.member)

    if gone == "hidden":
        posts.hide(opening, actor=entry.member, reason="Spam.")
    else:
        posts.delete(opening, actor=entry.member)

    assert client.get(f"/desk/{question.pk}/").status_code == 404
    assert client.get("/desk/").status_code == 200


def test_a_merged_question_stays_asked_until_its_post_is_deleted(moderator):
    forum = ProspectForumFactory()
    asker = MemberFactory()
    question = topics.create(
        forum.category,
        author=asker,
        kind="question",
        title="Which grinder for a bar?",
        source="Dear all …",
        screen=False,
    )
    target = a_prospect_asks(forum, minutes_ago=90).topic
    synced(question)

    topics.merge(question, into=target, actor=moderator)
    synced(question, target)
    merged = event_names(member=asker)
    posts.delete(target.posts.get(author=asker), actor=moderator)
    synced(question, target)

    assert sorted(merged) == ["prospect.question_asked", "question.asked", "topic.created"]
    assert event_names(member=asker) == ["post.deleted"]


def test_a_merged_question_is_no_reply_to_the_other_asker(moderator):
    forum = ProspectForumFactory()
    question, target = a_prospect_asks(forum), a_prospect_asks(forum, minutes_ago=90)

    topics.merge(question.topic, into=target.topic, actor=moderator)
    synced(question.topic, target.topic)

    assert "prospect.peer_replied" not in event_names()


def test_merging_carries_readers_over_to_the_target(moderator):
    topic, target = TopicFactory(), TopicFactory()
    PostFactory.create_batch(2, topic=topic)
    PostFactory(topic=target)
    halfway, both = MemberFactory(), MemberFactory()
    ReadState.objects.create(topic=topic, member=halfway, last_read_number=2)
    ReadState.objects.create(topic=topic, member=both, last_read_number=3)
    ReadState.objects.create(topic=target, member=both, last_read_number=1)

    topics.merge(topic, into=target, actor=moderator)

    states = ReadState.objects.values_list("topic", "member", "last_read_number")
    assert set(states) == {(target.pk, halfway.pk, 4), (target.pk, both.pk, 1)}


def test_merging_again_leaves_no_chain_of_redirects(client, moderator):
    first, second, third = TopicFactory.create_batch(3)

    topics.merge(first, into=second, actor=moderator)
    topics.merge(second, into=third, actor=moderator)

    assert set(Topic.objects.merged().values_list("merged_into", flat=True)) == {third.pk}
    assert client.get(first.get_absolute_url()).headers["Location"] == third.get_absolute_url()


@pytest.mark.parametrize("act", ["edit", "move", "merge", "split", "close", "pin", "unread"])
def test_nothing_can_be_done_to_a_merged_topic(client, moderator, act):
    topic, target = TopicFactory(), TopicFactory()
    topics.merge(topic, into=target, actor=moderator)
    client.force_login(moderator)

    answers = {client.get(f"/topics/{topic.pk}/{act}/"), client.post(f"/topics/{topic.pk}/{act}/")}

    assert {response.status_code for response in answers} <= {404, 405}


# References to posts


def refer_to(post: Post) -> dict[str, models.Model]:
    """Create a row of each kind that refers to a post."""
    return {
        "badges.Award.post": AwardFactory(post=post),
        "forum.Like.post": post.likes.create(member=MemberFactory()),
        "forum.Post.parent": PostFactory(topic=post.topic, parent=post, kind=Post.Kind.COMMENT),
        "forum.Revision.post": post.revisions.create(number=1, source="Before."),
        "moderation.Flag.post": FlagFactory(post=post),
        "moderation.ReviewItem.post": ReviewItemFactory(post=post),
        "moderation.Sanction.post": SanctionFactory(post=post, member=post.author, kind="warning"),
        "qa.OfficialMark.post": qa.OfficialMark.objects.create(post=post, member=MemberFactory()),
        "qa.Vote.post": post.votes.create(member=MemberFactory(), value=1),
    }


@pytest.mark.parametrize("act", ["merge", "split", "move"])
def test_rows_about_a_post_go_where_it_goes(client, moderator, act):
    question = QuestionFactory()
    answer = a_reply(question, MemberFactory())
    rows = refer_to(answer)
    notify(answer.author, kind="reply", subject=answer)

    new = {
        "merge": lambda: topics.merge(question, into=QuestionFactory(), actor=moderator),
        "move": lambda: topics.move(question, to=CategoryFactory(), actor=moderator),
        "split": lambda: topics.split(
            question,
            [answer],
            title="Something else altogether",
            category=question.category,
            kind="discussion",
            actor=moderator,
        ),
    }[act]()

    assert set(rows) == {name for name, what in TO_POSTS.items() if what == FOLLOWS_POST}
    for name, row in rows.items():
        row.refresh_from_db()
        assert getattr(row, name.rpartition(".")[2]) == answer, name
    assert Post.objects.get(pk=rows["forum.Post.parent"].pk).topic == new
    assert client.get(f"/p/{answer.pk}/").headers["Location"].startswith(new.get_absolute_url())
    assert client.get(new.get_absolute_url()).status_code == 200
    client.force_login(answer.author)
    assert client.get(rows["moderation.Sanction.post"].get_absolute_url()).status_code == 200
    (line,) = answer.author.notifications.filter(kind="reply")
    assert resolve([line], reader=answer.author)[line.pk].title == new.title


def test_an_accepted_answer_is_no_longer_accepted_after_a_merge(client, moderator):
    question, target = QuestionFactory(), QuestionFactory()
    answer = a_reply(question, MemberFactory())
    qa.accept_answer(answer, actor=question.author)

    topics.merge(question, into=target, actor=moderator)
    answer.refresh_from_db()
    qa.unaccept_answer(answer, actor=target.author)

    assert not answer.is_accepted
    assert not Question.objects.filter(topic=target).exclude(accepted_answer=None).exists()
    assert client.get(target.get_absolute_url()).status_code == 200


# Stored ids


def test_the_notification_of_a_merged_desk_question_names_the_target(client, moderator):
    entry = RosterEntryFactory()
    colleague = RosterEntryFactory(forum=entry.forum)
    question, target = at_desk(entry), at_desk(entry, minutes_ago=90)
    claims.claim_question(question, actor=entry.member)
    claims.hand_over(question, actor=entry.member, to=colleague.member, note="Yours?")

    topics.merge(question.topic, into=target.topic, actor=moderator)

    (line,) = colleague.member.notifications.all()
    subject = resolve([line], reader=colleague.member)[line.pk]
    client.force_login(colleague.member)
    assert subject.title == target.topic.title
    assert client.get(subject.address).headers["Location"] == f"/desk/{target.pk}/"


def test_deleting_a_merged_opening_retracts_the_events_of_its_topic_and_restoring_reinstates_them(moderator):
    category = CategoryFactory(kind=Category.Kind.QA)
    author = MemberFactory()
    topic = topics.create(
        category,
        author=author,
        kind="question",
        title="Why does it drip?",
        source="It drips.",
        screen=False,
    )
    opening = topic.posts.get()

    topics.merge(topic, into=QuestionFactory(category=category), actor=moderator)
    opening.refresh_from_db()
    posts.delete(opening, actor=moderator)
    deleted = event_names(member=author)
    posts.restore(Post.objects.get(pk=opening.pk), actor=moderator)

    assert deleted == ["post.deleted"]
    assert {"question.asked", "topic.created"} < set(event_names(member=author))
