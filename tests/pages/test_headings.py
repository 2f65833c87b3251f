"""Heading levels are not skipped, for screen readers."""

import pytest
from lxml import html

from tests.factories.forum import AnswerFactory, PostFactory, QuestionFactory, TagFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def topic():
    topic = TopicFactory(title="Which beans for the office?", tags=[TagFactory(name="beans", slug="beans")])
    PostFactory(topic=topic)
    AnswerFactory()
    QuestionFactory()
    return topic


def levels(response):
    assert response.status_code == 200
    headings = html.fromstring(response.content.decode()).cssselect("main h1, main h2, main h3, main h4")
    return [int(heading.tag[1]) for heading in headings]


def steps_down(found):
    return [deeper - level for level, deeper in zip([0, *found], found, strict=False)]


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/latest/",
        "/hot/",
        "/top/",
        "/unanswered/",
        "/tags/",
        "/tags/beans/",
        "/search/?q=beans",
        "/badges/",
    ],
)
@pytest.mark.parametrize("logged_in", [False, True])
def test_no_heading_level_is_skipped(client, topic, address, logged_in):
    if logged_in:
        client.force_login(MemberFactory())

    found = levels(client.get(address))

    assert found[0] == 1
    assert max(steps_down(found)) == 1


def test_no_heading_level_is_skipped_on_category_topic_and_profile(client, topic):
    for page in (topic.category, topic, topic.author):
        found = levels(client.get(page.get_absolute_url()))

        assert found[0] == 1
        assert max(steps_down(found)) == 1
