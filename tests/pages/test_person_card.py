"""The card about a person, which opens from their name in a post."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.qa.services import accept_answer
from tests.factories.badges import AwardFactory, BadgeFactory
from tests.factories.forum import AnswerFactory, PostFactory
from tests.factories.members import MemberFactory
from tests.forum.pages import page, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def mira():
    return MemberFactory(username="mira", display_name="Mira Lund", bio_html="<p>I <em>roast</em>.</p>")


def test_card_says_who_somebody_is(client, mira):
    answer = AnswerFactory(author=mira)
    accept_answer(answer, actor=answer.topic.author)
    AwardFactory(member=mira, badge=BadgeFactory(name="Rescuer"))
    AwardFactory.create_batch(5, member=mira)

    response = client.get("/u/mira/card/")

    (card,) = page(response).cssselect(".person-card")
    assert (card.get("aria-label"), texts(response, ".person strong")) == ("Mira Lund", ["Mira Lund"])
    assert "I roast." in texts(response, ".person-card > p")
    assert texts(response, "dl > div") == ["Accepted answers1", "Answers1", "Likes0"]
    assert len(texts(response, "li")) == 4
    assert [a.get("href") for a in card.cssselect("a")] == ["/u/mira/"]


def test_card_is_a_part_of_a_page(client, mira):
    assert "<html" not in client.get("/u/mira/card/").text
    assert client.post("/u/mira/card/").status_code == 405


@pytest.mark.parametrize(
    ("fields", "reader", "status"),
    [
        ({"is_active": False}, None, 404),
        ({"is_active": False}, "moderator", 200),
        ({"is_private": True}, "", 404),
        ({"is_private": True}, "support", 200),
    ],
)
def test_card_is_shown_to_those_who_see_the_profile(client, log_in, fields, reader, status):
    MemberFactory(username="mira", **fields)
    if reader is not None:
        log_in(role=reader)

    assert client.get("/u/mira/card/").status_code == status


def test_card_takes_the_same_queries_for_more_badges(client, mira):
    client.get("/u/mira/card/")
    counts = []
    for number in (1, 3):
        AwardFactory.create_batch(number, member=mira)
        with CaptureQueriesContext(connection) as queries:
            client.get("/u/mira/card/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_posts_show_no_badges(client):
    post = PostFactory()
    AwardFactory(member=post.author, post=post, badge=BadgeFactory(name="Rescuer"))

    assert "Rescuer" not in client.get(post.topic.get_absolute_url()).text
