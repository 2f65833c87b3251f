import pytest
from django.contrib.auth.models import Group

from community.forum.models import Topic
from community.forum.services import topics
from tests.factories.forum import AnswerFactory, CategoryFactory, PostFactory, TopicFactory

from .pages import texts

pytestmark = pytest.mark.django_db

ACTS = ["pin", "unpin", "close", "reopen", "move", "merge", "split"]


@pytest.fixture
def topic():
    return PostFactory().topic


@pytest.mark.parametrize("act", ACTS)
def test_topic_actions_require_a_moderator(client, log_in, topic, act):
    visitor = client.post(f"/topics/{topic.pk}/{act}/").status_code
    log_in(topic.author)
    author = client.post(f"/topics/{topic.pk}/{act}/")
    log_in(role="sales")
    sales = client.post(f"/topics/{topic.pk}/{act}/").status_code

    assert (visitor, author.status_code, sales) == (302, 403, 403)
    assert "Only moderators can do this." in author.content.decode()


@pytest.mark.parametrize("act", ["pin", "unpin", "reopen"])
def test_topic_actions_require_post(client, log_in, topic, act):
    log_in(role="moderator")

    assert client.get(f"/topics/{topic.pk}/{act}/").status_code == 405


def test_moderator_pins_and_unpins(client, log_in, topic):
    log_in(role="moderator")

    client.post(f"/topics/{topic.pk}/pin/", {"everywhere": "1"})
    pinned = Topic.objects.get(pk=topic.pk)
    response = client.post(f"/topics/{topic.pk}/unpin/", follow=True)

    assert (pinned.is_pinned, pinned.pinned_everywhere) == (True, True)
    assert "Topic unpinned." in " ".join(texts(response, ".messages"))
    assert not Topic.objects.get(pk=topic.pk).is_pinned


def test_moderator_closes_with_a_reason_and_reopens(client, log_in, topic):
    log_in(role="manager")

    form = client.get(f"/topics/{topic.pk}/close/")
    closed = client.post(f"/topics/{topic.pk}/close/", {"reason": "answered"}, follow=True)
    client.post(f"/topics/{topic.pk}/reopen/")

    assert texts(form, "h1") == ["Close topic"]
    assert "answered" in texts(closed, "main .alert[data-tone=info]")[0]
    assert not Topic.objects.get(pk=topic.pk).is_closed


def test_closing_with_a_reason_that_is_too_long_shows_an_error(client, log_in, topic):
    log_in(role="moderator")

    assert client.post(f"/topics/{topic.pk}/close/", {"reason": "x" * 201}).status_code == 422
    assert not Topic.objects.get(pk=topic.pk).is_closed


def test_moderator_moves_a_topic(client, log_in, topic):
    log_in(role="moderator")
    to = CategoryFactory()

    form = client.get(f"/topics/{topic.pk}/move/")
    response = client.post(f"/topics/{topic.pk}/move/", {"category": to.pk})

    assert (form.status_code, response.url) == (200, topic.get_absolute_url())
    assert Topic.objects.get(pk=topic.pk).category == to


def test_moving_without_a_category_shows_an_error(client, log_in, topic):
    log_in(role="moderator")

    assert client.post(f"/topics/{topic.pk}/move/", {"category": topic.category_id}).status_code == 422


@pytest.mark.parametrize("address", ["{0}", "/t/{0}/whatever/", "https://example.com/t/{0}/x/?page=2#p9"])
def test_moderator_merges_by_number_or_url(client, log_in, topic, address):
    log_in(role="moderator")
    target = TopicFactory()

    response = client.post(f"/topics/{topic.pk}/merge/", {"into": address.format(target.pk)})

    assert response.url == target.get_absolute_url()
    assert Topic.objects.get(pk=topic.pk).merged_into == target


@pytest.mark.parametrize("address", ["nowhere", "999999", "{0}"])
def test_merging_into_an_invalid_topic_shows_an_error(client, log_in, topic, address):
    log_in(role="moderator")

    response = client.post(f"/topics/{topic.pk}/merge/", {"into": address.format(topic.pk)})

    assert response.status_code == 422
    assert texts(response, ".errorlist") == ["No other topic has this URL or number."]


def test_moderator_splits_a_topic(client, log_in, topic):
    log_in(role="moderator")
    reply = topic.posts.get(kind="reply")
    sent = {
        "posts": [reply.pk],
        "title": "On its own now",
        "category": topic.category_id,
        "kind": "discussion",
    }

    form = client.get(f"/topics/{topic.pk}/split/")
    response = client.post(f"/topics/{topic.pk}/split/", sent)

    new = Topic.objects.get(title="On its own now")
    assert (form.status_code, response.url) == (200, new.get_absolute_url())
    assert new.posts.get() == reply


def test_splitting_without_posts_shows_an_error(client, log_in, topic):
    log_in(role="moderator")
    sent = {"posts": [], "title": "On its own now", "category": topic.category_id, "kind": "discussion"}

    assert client.post(f"/topics/{topic.pk}/split/", sent).status_code == 422


def test_splitting_off_an_accepted_answer_is_refused(client, log_in):
    answer = AnswerFactory(is_accepted=True)
    log_in(role="moderator")
    sent = {
        "posts": [answer.pk],
        "title": "On its own now",
        "category": answer.topic.category_id,
        "kind": "question",
    }

    response = client.post(f"/topics/{answer.topic_id}/split/", sent)

    assert response.status_code == 403
    assert "Unmark the accepted answer" in response.content.decode()


def test_hidden_topics_cannot_be_changed(client, log_in):
    topic = TopicFactory(category=CategoryFactory(groups=[Group.objects.create(name="owners")]))
    log_in()

    assert client.post(f"/topics/{topic.pk}/pin/").status_code == 404


def test_the_opening_is_not_offered_for_splitting(client, log_in, topic):
    log_in(role="moderator")
    topics.close(topic, actor=topic.author)

    offered = texts(client.get(f"/topics/{topic.pk}/split/"), ".split-choice")

    assert len(offered) == 1
