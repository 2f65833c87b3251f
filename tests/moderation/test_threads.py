import pytest
from django.contrib.auth.models import AnonymousUser

from community.moderation.threads import reviews_by_post
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import ReviewItemFactory

pytestmark = pytest.mark.django_db


def test_reviews_by_post_leads_moderators_to_what_waits():
    item = ReviewItemFactory()
    other = PostFactory(topic=item.post.topic)

    found = reviews_by_post(MemberFactory(role="moderator"), item.post.topic, [item.post, other])

    assert found == {"reviews_by_post": {item.post_id: item}}


@pytest.mark.parametrize("reader", [AnonymousUser, MemberFactory, lambda: MemberFactory(role="support")])
def test_reviews_by_post_tells_nobody_else(reader, django_assert_num_queries):
    item = ReviewItemFactory()
    reader = reader()

    with django_assert_num_queries(0):
        found = reviews_by_post(reader, item.post.topic, [item.post])

    assert found == {"reviews_by_post": {}}


def test_the_thread_shows_the_link_to_moderators_only(client):
    item = ReviewItemFactory(reason="Spam")
    address = item.post.topic.get_absolute_url()

    client.force_login(MemberFactory())
    before = client.get(address).content.decode()
    client.force_login(MemberFactory(role="moderator"))
    after = client.get(address).content.decode()

    assert "Open it in the review queue" not in before
    assert f"/admin/moderation/reviewitem/{item.pk}/change/" in after
