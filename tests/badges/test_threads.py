import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string

from community.badges.threads import badges_by_post
from community.forum.hooks import thread_decorations
from tests.factories.badges import AwardFactory, BadgeFactory
from tests.factories.forum import PostFactory, TopicFactory

pytestmark = pytest.mark.django_db


def test_each_post_gets_the_awards_it_earned():
    topic = TopicFactory()
    one, other = PostFactory(topic=topic), PostFactory(topic=topic)
    award = AwardFactory(member=one.author, post=one)
    AwardFactory(member=one.author, post=one, taken_back_at="2026-01-01T00:00Z", taken_back_reason="No.")
    AwardFactory(member=one.author)
    AwardFactory(post=one)  # somebody else's, such as for liking it

    context = thread_decorations(AnonymousUser(), topic, [one, other])

    assert context["badges_by_post"] == {one.pk: [award]}


def test_a_page_of_posts_takes_one_query_for_its_badges(django_assert_num_queries):
    topic = TopicFactory()
    posts = PostFactory.create_batch(3, topic=topic)
    for post in posts:
        AwardFactory(member=post.author, post=post)

    with django_assert_num_queries(1):
        badges_by_post(AnonymousUser(), topic, posts)


def test_the_chips_link_to_the_badge():
    award = AwardFactory.build(badge=BadgeFactory.build(slug="nice-answer", name="Nice answer"))

    html = render_to_string("badges/_post_badges.html", {"awards": [award]})

    assert 'href="/badges/nice-answer/"' in html
    assert "Nice answer" in html


def test_no_awards_show_nothing():
    assert render_to_string("badges/_post_badges.html", {"awards": None}).strip() == ""
