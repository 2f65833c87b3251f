"""The pages of prospect forums: who answered, who answers, and the way to ask."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.forum.models import Category
from community.prospects.models import ProspectForum
from community.prospects.voices import questions_of
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.factories.prospects import ProspectForumFactory, RosterEntryFactory, a_prospect_asks, a_reply
from tests.forum.pages import page, texts, titles

pytestmark = pytest.mark.django_db
PAGES = ["/prospects/", "/c/before-you-buy/"]


@pytest.fixture
def entry():
    category = CategoryFactory(name="Before you buy", slug="before-you-buy", kind="prospect")
    return RosterEntryFactory(forum=ProspectForumFactory(category=category), real_name="Inês Duarte")


def customer(name):
    return MemberFactory(display_name=name, customer_since="2026-01-01")


def test_questions_of_tells_customers_from_the_team_in_the_order_of_their_answers(entry):
    topic = a_prospect_asks(entry.forum).topic
    ana, bo = customer("Ana"), customer("Bo")
    for author in (bo, entry.member, ana, bo):
        a_reply(topic, author)
    for left_out in (topic.author, customer("Hidden"), customer("Gone")):
        a_reply(
            topic,
            left_out,
            status="hidden" if left_out.display_name == "Hidden" else "published",
            byline="Imported" if left_out.display_name == "Gone" else "",
        )
    silent = a_prospect_asks(entry.forum).topic

    asked, unanswered = questions_of([topic, silent], ProspectForum.objects.with_roster())

    assert (asked.voices.peers, asked.voices.team) == ([bo, ana], [entry.member])
    assert asked.voices.name_of(entry.member) == "Inês Duarte"
    assert asked.voices.faces == [entry.member, bo, ana]
    assert unanswered.voices.faces == []


@pytest.mark.parametrize("address", PAGES)
def test_pages_of_prospect_forums_say_who_answered_each_question(client, entry, address):
    solo, many, none = (a_prospect_asks(entry.forum, title=f"Question {n} of three?").topic for n in range(3))
    a_reply(solo, customer("Ana"))
    for name in ("Bo", "Cy", "Dee"):
        a_reply(many, customer(name))
    a_reply(many, entry.member)
    Category.objects.update(topic_count=3)

    response = client.get(address)

    said = dict(zip(titles(response), texts(response, ".voices"), strict=True))
    plain = {title: line.translate(dict.fromkeys(map(ord, "\u2068\u2069"))) for title, line in said.items()}
    assert "Answered by Ana " in plain[solo.title]
    assert "Answered by Bo and 2 others, Inês Duarte our team" in plain[many.title]
    assert plain[none.title].startswith("Waiting for the first answer")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("reader", ["visitor", "member"])
def test_everyone_can_start_to_ask_on_the_pages_of_prospect_forums(client, entry, address, reader):
    if reader == "member":
        client.force_login(MemberFactory())

    form = page(client.get(address)).cssselect("main form.ask")[0]

    assert form.get("action") == "/new/"
    assert dict(form.form_values()) == {"kind": "question", "category": "before-you-buy"}
    assert form.cssselect("input[name=title]")
    assert texts(client.get(address), ".roster-person .person-name") == ["Inês Duarte"]


def test_a_forum_that_only_groups_may_ask_in_has_no_form_for_visitors(client, entry):
    entry.forum.category.create_by = "groups"
    entry.forum.category.save()

    assert page(client.get("/c/before-you-buy/")).cssselect("form.ask") == []


@pytest.mark.parametrize("address", PAGES)
def test_pages_of_prospect_forums_take_the_same_queries_for_one_answer_and_many(
    client, entry, address, django_assert_num_queries
):
    a_reply(a_prospect_asks(entry.forum).topic, customer("Ana"))
    Category.objects.update(topic_count=3)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address, headers={"cookie": "csrftoken=x"})
    for name in ("Bo", "Cy"):
        topic = a_prospect_asks(entry.forum).topic
        a_reply(topic, customer(name))
        a_reply(topic, entry.member)

    with django_assert_num_queries(len(one)):
        client.get(address, headers={"cookie": "csrftoken=x"})
