import pytest

from community.badges.models import Award
from tests.factories.badges import AwardFactory, BadgeFactory
from tests.factories.forum import PostFactory, TopicFactory
from tests.forum.pages import page, texts

pytestmark = pytest.mark.django_db


def test_by_post_returns_the_awards_of_the_authors():
    topic = TopicFactory()
    one, other = PostFactory(topic=topic), PostFactory(topic=topic)
    award = AwardFactory(member=one.author, post=one)
    AwardFactory(member=one.author, post=one, taken_back_at="2026-01-01T00:00Z", taken_back_reason="No.")
    AwardFactory(member=one.author)
    AwardFactory(post=one)  # another member's, such as for liking it

    assert Award.objects.by_post([one.pk, other.pk]) == {one.pk: [award]}


def test_by_post_takes_one_query(django_assert_num_queries):
    posts = PostFactory.create_batch(3, topic=TopicFactory())
    for post in posts:
        AwardFactory(member=post.author, post=post)

    with django_assert_num_queries(1):
        found = Award.objects.by_post([post.pk for post in posts])
        names = [award.badge.name for awards in found.values() for award in awards]

    assert len(names) == 3


def test_posts_link_to_the_badges_they_earned(client):
    post = PostFactory()
    AwardFactory(member=post.author, post=post, badge=BadgeFactory(slug="rescuer", name="Rescuer"))
    other = PostFactory(topic=post.topic)

    response = client.get(post.topic.get_absolute_url())

    links = page(response).cssselect(f"#p{post.pk} .badge-chip")
    assert [(link.get("href"), link.text_content().strip()) for link in links] == [
        ("/badges/rescuer/", "Rescuer")
    ]
    assert texts(response, f"#p{other.pk} .badge-chip") == []
