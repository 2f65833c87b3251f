"""The size of a question's page: at most 30 kB besides what people wrote."""

from datetime import date

import pytest

from community.forum.models import Post
from tests.factories.forum import AnswerFactory, CategoryFactory, QuestionFactory, TagFactory
from tests.factories.members import MemberFactory
from tests.forum.readers import a_customer, client_of
from tests.journeys.journey_fixtures import drained, replied

AT_MOST = 30_000  # bytes
FIRST_ID = 108_361

pytestmark = pytest.mark.django_db


@pytest.fixture
def question():
    asker = MemberFactory(username="noor-haddad", display_name="Noor Haddad", customer_since=date(2026, 1, 1))
    question = QuestionFactory(
        pk=12_456,
        title="What is the best way to descale a small machine?",
        category=CategoryFactory(name="Questions and answers", slug="questions-and-answers"),
        author=asker,
        opening__pk=FIRST_ID,
        tags=[TagFactory(name=name) for name in ("descaling", "machines", "water")],
    )
    for n in range(19):
        author = MemberFactory(
            pk=20_000 + n, username=f"anna-winter-{n:02}", display_name=f"Anna Winter {n:02}"
        )
        AnswerFactory(pk=FIRST_ID + 1 + n, topic=question, author=author)
        replied(author, 3)
    drained()
    return question


@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize("reader", ["visitor", "member", "asker", "sales", "manager", "moderator"])
def test_page_of_twenty_posts_is_small(client, question, reader, is_closed):
    question.closed_at = question.created_at if is_closed else None
    question.save(update_fields=["closed_at"])
    match reader:
        case "asker":
            client = client_of(question.author)
        case "member":
            client = client_of(a_customer())
        case "sales" | "manager" | "moderator":
            client = client_of(MemberFactory(role=reader))

    html = client.get(question.get_absolute_url()).content

    bodies = Post.objects.filter(topic=question).values_list("html", flat=True)
    assert html.count(b'<article class="post"') == 20
    assert all(body.strip().encode() in html for body in bodies)
    assert len(html) - sum(len(body.encode()) for body in bodies) <= AT_MOST
