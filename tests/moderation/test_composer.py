"""Limits as shown in the composer, which keeps what was typed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.forum.models import Post
from community.moderation.models import BlockedWord
from tests.factories.forum import CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import SanctionFactory

pytestmark = pytest.mark.django_db

NEW = "/new/?kind=discussion"


@pytest.fixture(autouse=True)
def category(db):
    return CategoryFactory()


def shown(client, member, address=NEW):
    client.force_login(member)
    return client.get(address).content.decode()


def test_the_composer_welcomes_new_members_and_shows_limits(client):
    html = shown(client, MemberFactory())

    assert "A moderator reviews your first post before it is published." in html
    assert "You can start 3 more topics today." in html
    assert "A post can have up to 2 links, 1 image and 2 mentions, but no attachments." in html


@pytest.mark.parametrize("fields", [{"role": "support"}, {"customer_since": "2026-01-01"}])
def test_the_composer_shows_no_notices_to_staff_and_customers(client, fields):
    html = shown(client, MemberFactory(**fields))

    assert "new members" not in html
    assert "first post" not in html


def test_the_composer_shows_no_notices_to_established_members(client):
    member = MemberFactory()
    PostFactory.create_batch(5, author=member)

    assert "new members" not in shown(client, member)


def test_the_reply_form_counts_replies_in_the_topic(client):
    member, topic = MemberFactory(), TopicFactory()
    PostFactory.create_batch(3, topic=topic, author=member, created_at=timezone.now() - timedelta(hours=1))

    assert "New members can post 3 replies in one topic." in shown(client, member, topic.get_absolute_url())


def test_the_composer_shows_a_notice_to_silenced_members(client):
    assert "You can read but not post at the moment." in shown(client, SanctionFactory().member)


def post_topic(client, category, source):
    data = {
        "category": category.pk,
        "kind": "discussion",
        "title": "A title of some length",
        "source": source,
    }
    return client.post("/new/", data)


def test_a_refused_topic_keeps_its_text(client, category):
    BlockedWord.objects.create(phrase="casino", action="block")
    client.force_login(MemberFactory())

    response = post_topic(client, category, "Come to my casino tonight, all of you")

    html = response.content.decode()
    assert response.status_code == 422
    assert "is not allowed here" in html
    assert "Come to my casino tonight, all of you" in html
    assert not Post.objects.exists()


def test_a_topic_of_a_silenced_member_keeps_its_text(client, category):
    client.force_login(SanctionFactory().member)

    response = post_topic(client, category, "Something I thought about for long")

    html = response.content.decode()
    assert response.status_code == 422
    assert "You can read but not post at the moment." in html
    assert "Something I thought about for long" in html


def test_a_reply_with_too_many_links_keeps_its_text(client):
    member, topic = MemberFactory(), TopicFactory()
    PostFactory(author=member, created_at=timezone.now() - timedelta(hours=1))
    client.force_login(member)
    source = "https://a.example https://b.example https://c.example are worth a look"

    response = client.post(f"/topics/{topic.pk}/reply/", {"source": source})

    html = response.content.decode()
    assert response.status_code == 422
    assert "up to 2 links in a post. This one has 3." in html
    assert "are worth a look" in html


@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["plain", "htmx"])
def test_a_reply_too_soon_keeps_its_text_and_sets_retry_after(client, headers):
    member, topic = MemberFactory(), TopicFactory()
    PostFactory(author=member, created_at=timezone.now() - timedelta(seconds=10))
    client.force_login(member)

    response = client.post(
        f"/topics/{topic.pk}/reply/", {"source": "Something I thought about for long"}, headers=headers
    )

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 20
    assert "Please wait " in response.text
    assert "Something I thought about for long" in response.text


def test_a_held_topic_is_shown_to_its_author_with_the_reason(client, category):
    member = MemberFactory()
    client.force_login(member)

    response = client.post(
        "/new/",
        {
            "category": category.pk,
            "kind": "discussion",
            "title": "Hello from Hamburg",
            "source": "Hi all, I am new to this.",
        },
        follow=True,
    )

    html = response.content.decode()
    assert Post.objects.get().status == "pending"
    assert "Waiting for approval." in html
    client.force_login(MemberFactory())
    assert client.get(response.redirect_chain[-1][0]).status_code == 404


def test_a_hidden_post_shows_its_author_how_to_appeal(client):
    post = PostFactory(status="hidden", status_reason="It was an advertisement.")

    html = shown(client, post.author, post.topic.get_absolute_url())

    assert "It was an advertisement." in html
    assert f"/p/{post.pk}/appeal/" in html


@pytest.mark.parametrize("role", ["", "support", "sales"])
def test_a_hidden_post_does_not_show_others_the_reason(client, role):
    post = PostFactory(status="hidden", status_reason="It was an advertisement.", source="Buy my wares")

    html = shown(client, MemberFactory(role=role), post.topic.get_absolute_url())

    assert "It was an advertisement." not in html
    assert "Buy my wares" not in html
