"""Edits that are held for approval."""

import pytest

from community.forum.models import Post, Topic
from community.forum.screening import Verdict
from community.forum.services import posts, topics
from community.moderation.models import BlockedWord, ReviewItem
from community.moderation.screening import screen_edit
from community.moderation.services import post_actions, reviews
from community.moderation.services.reviews import Decision
from community.notifications.models import Notification
from tests.factories.forum import CategoryFactory, CommentFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory

from .event_log import event_names
from .pages import texts

pytestmark = pytest.mark.django_db

WHY = "A moderator will review your edit before the post is visible again."
NEW = "Buy it at the casino of my cousin."


@pytest.fixture(autouse=True)
def held_word(settings):
    settings.EDIT_SCREENERS = ["community.moderation.screening.screen_edit"]
    return BlockedWord.objects.create(phrase="casino", action="hold")


@pytest.fixture
def post():
    return posts.create(TopicFactory(), author=MemberFactory(), source="Use tap water.")


def edit(client, post, source=NEW, *, by=None, **more):
    client.force_login(by or post.author)
    return client.post(f"/posts/{post.pk}/edit/", {"source": source, "reason": "", **more})


def now(post):
    return Post.objects.get(pk=post.pk)


# The verdict


def test_screen_edit_holds_words_that_hold_new_posts():
    assert screen_edit(MemberFactory(), "Use tap water.", NEW) == Verdict(hold=True, sentence=WHY)


def test_screen_edit_allows_existing_words():
    assert not screen_edit(MemberFactory(), "The casino.", NEW).hold


def test_screen_edit_never_holds_staff_edits():
    assert not screen_edit(MemberFactory(role="support"), "Use tap water.", NEW).hold


def test_screen_edit_refuses_rather_than_holds():
    BlockedWord.objects.create(phrase="cousin", action="block")

    verdict = screen_edit(MemberFactory(), "Use tap water.", NEW)

    assert (verdict.refuse, verdict.hold) == (True, False)


# The post


def test_edit_and_hold_saves_the_text_and_hides_the_post(post):
    posts.edit_and_hold(post, actor=post.author, source=NEW, why=WHY, reason="cheaper")

    held = now(post)
    assert (held.status, held.status_reason, held.source) == ("pending", WHY, NEW)
    assert [(v.source, v.reason) for v in held.revisions.all()] == [
        ("Use tap water.", ""),
        (NEW, "cheaper"),
    ]
    assert Topic.objects.get(pk=post.topic_id).reply_count == 0
    assert event_names(member=post.author) == ["post.hidden"]


def test_edit_and_hold_queues_the_post_once(post):
    for _ in range(2):
        posts.edit_and_hold(post, actor=post.author, source=NEW, why=WHY)

    item = ReviewItem.objects.get()
    assert (item.kind, item.post, item.reason) == ("held", post, "Contains “casino”")


def test_approval_reinstates_the_events(post):
    before = event_names(member=post.author)
    posts.edit_and_hold(post, actor=post.author, source=NEW, why=WHY)

    posts.approve(post, actor=MemberFactory(role="moderator"))

    assert (now(post).status, now(post).source) == ("published", NEW)
    assert Topic.objects.get(pk=post.topic_id).reply_count == 1
    assert set(before) <= set(event_names(member=post.author))


def test_mentions_of_a_held_edit_are_recorded_on_approval(post):
    MemberFactory(username="walter")
    posts.edit_and_hold(post, actor=post.author, source="The casino, @walter", why=WHY)
    before = "member.mentioned" in event_names()

    posts.approve(post, actor=MemberFactory(role="moderator"))

    assert (before, "member.mentioned" in event_names()) == (False, True)


def test_a_hidden_post_stays_hidden_when_edited():
    post = PostFactory(status="hidden", status_reason="Advertising.")

    posts.edit_and_hold(post, actor=post.author, source=NEW, why=WHY)

    assert (now(post).status, now(post).status_reason, now(post).source) == ("hidden", "Advertising.", NEW)
    assert not ReviewItem.objects.exists()


def test_a_moderator_can_decide_on_a_held_edit(post):
    posts.edit_and_hold(post, actor=post.author, source=NEW, why=WHY)
    item = ReviewItem.objects.get()

    reviews.decide(
        item,
        actor=MemberFactory(role="moderator"),
        version=item.version,
        decision=Decision(post=Decision.KEEP),
    )

    assert now(post).status == "published"
    assert Notification.objects.filter(member=post.author, kind="moderation").count() == 1


def test_a_refused_edit_shows_the_reason_and_can_be_unhidden(post):
    before = event_names(member=post.author)
    posts.edit_and_hold(post, actor=post.author, source=NEW, why=WHY)
    item, moderator = ReviewItem.objects.get(), MemberFactory(role="moderator")
    reviews.decide(
        item,
        actor=moderator,
        version=item.version,
        decision=Decision(post=Decision.HIDE, reason="It is an advertisement."),
    )
    refused = now(post)

    post_actions.show(refused, actor=moderator)

    assert (refused.status, refused.status_reason, refused.source) == (
        "hidden",
        "It is an advertisement.",
        NEW,
    )
    assert now(post).status == "published"
    assert set(before) <= set(event_names(member=post.author))


# The author's view


def test_a_held_edit_is_shown_to_its_author_only(client, post):
    edit(client, post)

    mine = client.get(post.topic.get_absolute_url())
    client.force_login(MemberFactory())
    others = client.get(post.topic.get_absolute_url())

    assert any(WHY in text for text in texts(mine, ".alert"))
    assert "casino" in mine.content.decode()
    assert "casino" not in others.content.decode()


def test_a_held_edit_in_place_shows_a_message(client, htmx, post):
    client.force_login(post.author)

    response = client.post(f"/posts/{post.pk}/edit/", {"source": NEW, "reason": ""}, headers=htmx)

    assert any(WHY in text for text in texts(response, ".alert"))


def test_a_held_word_in_the_title_holds_the_topic(client):
    topic = TopicFactory()
    opening = topic.posts.get()

    edit(client, opening, opening.source, title="The casino of my cousin", tags="water")

    topic.refresh_from_db()
    assert (topic.status, topic.title) == ("pending", "The casino of my cousin")
    assert [tag.name for tag in topic.tags.all()] == ["water"]


def refused(client, post, **more):
    response = edit(client, post, **more)
    assert response.status_code == 422
    assert "Please reword it or post a new reply." in response.content.decode()
    assert NEW in response.content.decode()
    return (now(post).status, now(post).source) == ("published", post.source)


def test_an_answered_topic_is_not_hidden_by_an_edit(client, post):
    opening = post.topic.posts.get(kind="opening")

    assert refused(client, opening, title=post.topic.title, tags="")


def test_an_accepted_answer_is_not_hidden_by_an_edit(client, post):
    Post.objects.filter(pk=post.pk).update(is_accepted=True)

    assert refused(client, post)


def test_a_post_with_comments_is_not_hidden_by_an_edit(client, post):
    CommentFactory(topic=post.topic, parent=post)

    assert refused(client, post)


def test_a_moderators_edit_is_not_held(client, post):
    edit(client, post, by=MemberFactory(role="moderator"))

    assert (now(post).status, now(post).source) == ("published", NEW)


def test_a_blocked_word_in_the_tags_is_held_too(client):
    topic = topics.create(
        CategoryFactory(),
        author=MemberFactory(),
        kind="discussion",
        title="Where to go at night",
        source="Any ideas?",
        tags=["night"],
        screen=False,
    )
    opening = topic.posts.get()

    edit(client, opening, opening.source, title=topic.title, tags="night, casino")

    assert now(opening).status == Post.Status.PENDING
