import pytest
from community.forum.kept_pages import topic_version
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from community.forum.services import likes, posts, topics
from community.qa.services import accept_answer, vote
from tests.factories.forum import AnswerFactory, CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory

from .pages import ids, texts, titles

pytestmark = pytest.mark.django_db(transaction=True)


def queries(client, address, **headers):
    with CaptureQueriesContext(connection) as captured:
        client.get(address, headers=headers)
    return len(captured)


@pytest.fixture
def topic():
    return PostFactory().topic


def test_second_visitor_gets_the_page_of_the_first(client, topic):
    first, second = (queries(client, topic.get_absolute_url()) for _ in range(2))

    assert first > 0
    assert second == 0


@pytest.mark.parametrize("address", ["/latest/", "/hot/", "/top/", "/unanswered/", "/tags/"])
def test_lists_are_kept_too(client, topic, address):
    assert [queries(client, address) > 0 for _ in range(2)] == [True, False]


def test_reply_is_seen_by_the_next_visitor(client, topic):
    client.get(topic.get_absolute_url())

    reply = posts.create(topic, author=MemberFactory(), source="A fresh reply to it.")

    assert reply.pk in ids(client.get(topic.get_absolute_url()))


def test_new_topic_is_in_the_next_list(client):
    client.get("/latest/")

    topics.create(
        CategoryFactory(),
        author=MemberFactory(),
        kind="discussion",
        title="A fresh topic here",
        source="Hello all.",
    )

    assert titles(client.get("/latest/")) == ["A fresh topic here"]


def test_change_of_one_topic_keeps_the_pages_of_others(client, topic):
    other = TopicFactory()
    client.get(other.get_absolute_url())

    posts.create(topic, author=MemberFactory(), source="A fresh reply to it.")

    assert queries(client, other.get_absolute_url()) == 0


def test_hidden_words_are_gone_at_once(client):
    reply = PostFactory(source="unspeakable", html="<p>unspeakable</p>")
    client.get(reply.topic.get_absolute_url())

    posts.hide(reply, actor=None, reason="flags")

    assert b"unspeakable" not in client.get(reply.topic.get_absolute_url()).content


def test_hidden_topic_is_gone_at_once(client, topic):
    client.get(topic.get_absolute_url())

    posts.hide(topic.posts.get(number=1), actor=None, reason="flags")

    assert client.get(topic.get_absolute_url()).status_code == 404


def test_votes_likes_and_acceptance_are_seen_at_once(client):
    answer = AnswerFactory()
    address = answer.topic.get_absolute_url()
    client.get(address)

    vote(answer, member=MemberFactory(), value=1)
    votes = texts(client.get(address), f"#v{answer.pk} .vote-count")
    likes.add(answer, member=MemberFactory())
    liked = texts(client.get(address), f"#p{answer.pk} .likes")
    accept_answer(answer, actor=answer.topic.author)
    marks = texts(client.get(address), f"#p{answer.pk} .answer-mark")

    assert (votes, liked, len(marks)) == (["1"], ["1 like"], 1)


def test_members_never_get_a_kept_page(client, topic):
    client.get(topic.get_absolute_url())
    client.force_login(MemberFactory())

    assert texts(client.get(topic.get_absolute_url()), "#reply-title") == ["Reply"]


def test_visitors_never_get_a_members_page(client, topic):
    client.force_login(MemberFactory())
    client.get(topic.get_absolute_url())
    client.logout()

    assert texts(client.get(topic.get_absolute_url()), "#reply-title") == []


def test_each_theme_has_its_page(client, topic):
    client.cookies["theme"] = "dark"
    dark = client.get(topic.get_absolute_url()).content
    client.cookies["theme"] = "light"
    light = client.get(topic.get_absolute_url()).content

    assert (b'data-theme="dark"' in dark, b'data-theme="light"' in light) == (True, True)


def test_nothing_is_kept_when_switched_off(client, topic, settings):
    settings.KEPT_PAGE_SECONDS = 0

    assert [queries(client, topic.get_absolute_url()) > 0 for _ in range(2)] == [True, True]


def test_missing_pages_are_not_kept(client):
    assert client.get("/c/nowhere/").status_code == 404
    CategoryFactory(slug="nowhere")

    assert client.get("/c/nowhere/").status_code == 200


def test_a_category_that_becomes_private_is_out_of_sight_at_once(client, topic):
    manager = Client()
    manager.force_login(MemberFactory(role="manager"))
    category = topic.category
    seen = [client.get(address).status_code for address in ("/latest/", topic.get_absolute_url())]
    fields = {
        "name": category.name,
        "slug": category.slug,
        "kind": category.kind,
        "position": 0,
        "icon": category.icon,
        "see_by": "members",
        "reply_by": "members",
        "create_by": "members",
    }

    manager.post(f"/admin/forum/category/{category.pk}/change/", fields)

    assert seen == [200, 200]
    assert titles(client.get("/latest/")) == []
    assert client.get(topic.get_absolute_url()).status_code == 404


def test_words_edited_out_of_a_reply_are_not_found_any_longer(client):
    reply = posts.create(TopicFactory(), author=MemberFactory(), source="My key is unspeakable.")
    assert b"<mark>unspeakable</mark>" in client.get("/search/?q=unspeakable").content

    posts.edit(reply, actor=reply.author, source="My key is none of your business.")

    assert b"<mark>unspeakable</mark>" not in client.get("/search/?q=unspeakable").content


def test_hidden_topic_is_gone_from_what_is_similar_to_another(client):
    topic, other = (
        topics.create(
            CategoryFactory(), author=MemberFactory(), kind="discussion", title=title, source="Hello all."
        )
        for title in ("Leaking gasket of the old one", "Leaking gasket, unspeakable")
    )
    address = f"/topics/{topic.pk}/similar/"
    assert b"unspeakable" in client.get(address).content

    posts.hide(other.posts.get(), actor=None, reason="flags")

    assert b"unspeakable" not in client.get(address).content


def test_old_page_does_not_come_back_when_the_cache_drops_the_version(client):
    reply = PostFactory(source="unspeakable", html="<p>unspeakable</p>")
    client.get(reply.topic.get_absolute_url())
    posts.hide(reply, actor=None, reason="flags")

    cache.delete(topic_version(reply.topic_id))

    assert b"unspeakable" not in client.get(reply.topic.get_absolute_url()).content
