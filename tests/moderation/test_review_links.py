"""Links from a post to its item in the review queue."""

import pytest

from community.moderation.models import ReviewItem
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import ReviewItemFactory
from tests.forum.pages import page

pytestmark = pytest.mark.django_db


def test_by_post_finds_the_most_urgent_open_item():
    item = ReviewItemFactory()
    other = PostFactory(topic=item.post.topic)

    assert ReviewItem.objects.by_post([item.post_id, other.pk]) == {item.post_id: item}


def links_on(client, item):
    found = page(client.get(item.post.topic.get_absolute_url())).cssselect(f"#p{item.post_id} a")
    return [link.get("href") for link in found if link.get("href").startswith("/admin/moderation/")]


@pytest.mark.parametrize("role", ["moderator", "manager"])
def test_moderators_see_the_link_to_the_review_queue(client, role):
    item = ReviewItemFactory(reason="Spam")
    client.force_login(MemberFactory(role=role))

    assert links_on(client, item) == [f"/admin/moderation/reviewitem/{item.pk}/change/"]


@pytest.mark.parametrize("role", [None, "", "support"])
def test_others_do_not_see_the_link_to_the_review_queue(client, role):
    item = ReviewItemFactory(reason="Spam")
    if role is not None:
        client.force_login(MemberFactory(role=role))

    assert links_on(client, item) == []
    assert "Spam" not in client.get(item.post.topic.get_absolute_url()).content.decode()
