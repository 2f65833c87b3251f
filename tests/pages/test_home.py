from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from community.forum.models import Topic
from community.forum.services import read_states
from community.pages import home as home_page
from community.pages.todo import todos_of
from community.qa import services as qa
from tests.counting import queries_of
from tests.factories.forum import AnswerFactory, CategoryFactory, PostFactory, QuestionFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.prospects import ProspectForumFactory, RosterEntryFactory, a_prospect_asks
from tests.forum.pages import page, texts

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def sentences(member) -> list[str]:
    return [need.sentence for need in todos_of(member)]


# For everyone


def test_home_shows_visitors_a_welcome_and_active_topics(client):
    topic = TopicFactory(title="Which beans for the office?", hot_score=3)

    response = client.get("/")

    assert response.context["topics"].others == [topic]
    assert b"Which beans for the office?" in response.content
    assert b"Sign up" in response.content


def test_home_shows_visitors_the_tagline_of_the_site(client, settings):
    settings.SITE_TAGLINE = "Home roasters help each other here."

    response = client.get("/")

    assert texts(response, "h1") == ["Home roasters help each other here."]
    assert response.context["meta"].description == "Home roasters help each other here."


def test_home_shows_visible_topics_only(client):
    private = CategoryFactory(groups=[], name="Behind the scenes")
    TopicFactory(category=private, title="The secret roast")
    TopicFactory(status="hidden", title="Hidden away")
    ProspectForumFactory(category=CategoryFactory(kind="prospect", groups=[], name="For partners"))

    page = client.get("/").content.decode()

    for words in ("Behind the scenes", "The secret roast", "Hidden away", "For partners"):
        assert words not in page


def test_home_of_an_empty_community_shows_first_steps(client):
    assert b"Be the first to start a topic." in client.get("/").content


def test_home_shows_recent_announcements_separately(client):
    fresh = TopicFactory(kind=Topic.Kind.ANNOUNCEMENT, created_at=NOW - timedelta(days=3))
    TopicFactory(kind=Topic.Kind.ANNOUNCEMENT, created_at=NOW - timedelta(days=30))

    context = client.get("/").context

    assert context["announcements"] == [fresh]
    assert context["topics"].others == []


@pytest.mark.parametrize(
    ("reader", "panel"),
    [
        (None, True),
        ({}, True),
        ({"customer_since": NOW.date()}, False),
        ({"role": "support"}, False),
    ],
)
def test_home_leads_to_sales_and_ideas_and_people_who_decide_to_the_prospect_forums(client, reader, panel):
    forum = ProspectForumFactory().category
    ideas = CategoryFactory(kind="ideas")
    if reader is not None:
        client.force_login(MemberFactory(**reader))

    home = page(client.get("/"))

    links = [link.get("href") for link in home.cssselect(".shortcuts a")]
    assert links == ["/prospects/", ideas.get_absolute_url(), "#places"]
    assert [link.get("href") for link in home.cssselect("[aria-labelledby=deciding] a")] == [
        forum.get_absolute_url()
    ] * panel


@pytest.mark.parametrize("reader", [None, {}, {"role": "manager"}])
def test_pages_have_one_search_box_and_one_button_to_ask(client, reader):
    TopicFactory()
    if reader is not None:
        client.force_login(MemberFactory(**reader))

    pages = [page(client.get(address)) for address in ("/", "/search/", "/latest/")]

    assert [len(shown.cssselect("form[role=search]")) for shown in pages] == [1, 1, 1]
    assert [len(shown.cssselect("a.button[href='/new/']")) for shown in pages] == [1, 1, 1]


def test_home_of_members_shows_what_is_new_since_their_last_visit(client):
    client.force_login(MemberFactory(last_seen_at=NOW - timedelta(days=2)))
    shown = ".home-part h2, .home-part > p, .topic-title"
    TopicFactory(title="Old", created_at=NOW - timedelta(days=5), bumped_at=NOW - timedelta(days=3))

    heading, sentence, title = texts(client.get("/"), shown)
    TopicFactory(title="Pump", created_at=NOW - timedelta(days=1), bumped_at=NOW - timedelta(days=1))

    assert (heading, sentence, title) == ("Latest topics", "Nothing new since your last visit.", "Old")
    assert texts(client.get("/"), shown) == ["New since your last visit", "New Pump", "Earlier", "Old"]


def test_home_shows_what_was_just_solved(client):
    answer = AnswerFactory(author__display_name="Marta Reyes", topic__title="Loud pump")
    qa.accept_answer(answer, actor=answer.topic.author)

    (row,) = texts(client.get("/"), "[aria-labelledby=solved] li")

    assert "Loud pump" in row
    assert "Solved by Marta Reyes" in row


@pytest.mark.parametrize(("reader", "most"), [(None, 5), ({"bio": "Me."}, 8)])
def test_home_takes_few_statements(client, reader, most):
    if reader is not None:
        client.force_login(MemberFactory(**reader))
    ProspectForumFactory()
    answer = AnswerFactory()
    qa.accept_answer(answer, actor=answer.topic.author)

    assert queries_of(client, "/") <= most


def test_home_takes_the_same_queries_for_more_topics(client, django_assert_num_queries):
    client.force_login(MemberFactory(bio="I drink coffee."))
    TopicFactory(category=CategoryFactory())
    client.get("/")
    with CaptureQueriesContext(connection) as one:
        client.get("/")
    TopicFactory.create_batch(2, category=CategoryFactory())

    with django_assert_num_queries(len(one)):
        client.get("/")


def test_home_refuses_post(client):
    assert client.post("/").status_code == 405


# Activity figures


def test_home_counts_one_person_as_one(client):
    TopicFactory()

    assert texts(client.get("/"), ".active-people")[0].endswith("1 person wrote here this week.")


# To-dos of members


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (3, "Still up, Mira?"),
        (8, "Good morning, Mira"),
        (13, "Good afternoon, Mira"),
        (20, "Good evening, Mira"),
        (23, "Still up, Mira?"),
    ],
)
def test_greeting_uses_the_members_time_zone(hour, words):
    member = MemberFactory.build(display_name="Mira Lund", time_zone="Europe/Lisbon")
    now = NOW.replace(month=1, hour=hour)

    assert home_page.greeting(member, now=now) == words


def test_greeting_survives_an_invalid_time_zone():
    member = MemberFactory.build(display_name="Mira", time_zone="Mars/Olympus")

    assert home_page.greeting(member, now=NOW.replace(hour=8)) == "Good morning, Mira"


def test_todos_include_unread_replies():
    topic = TopicFactory(title="Loud pump")
    topic.author.bio = "Me."
    read_states.mark_read(topic, member=topic.author, number=1)
    assert sentences(topic.author) == []

    post = PostFactory(topic=topic)
    assert sentences(topic.author) == ["New replies in “Loud pump”"]

    read_states.mark_read(topic, member=topic.author, number=post.number)
    assert sentences(topic.author) == []


def test_todos_ask_whether_an_answer_solved_it():
    answer = AnswerFactory(topic=QuestionFactory(title="Loud pump"))
    asker = answer.topic.author
    asker.bio = "Me."

    assert sentences(asker) == ["Did an answer solve “Loud pump”?"]

    Topic.objects.update(is_solved=True)
    assert sentences(asker) == []


def test_todos_ask_to_complete_the_profile():
    assert sentences(MemberFactory()) == ["Complete your profile"]
    assert sentences(MemberFactory(bio="I roast.")) == []


def test_todos_show_open_and_overdue_desk_questions():
    entry = RosterEntryFactory()
    a_prospect_asks(entry.forum, minutes_ago=60)
    a_prospect_asks(entry.forum, minutes_ago=600)
    a_prospect_asks()
    entry.member.bio = "Me."

    (need,) = todos_of(entry.member)

    assert need.sentence == "2 questions are waiting at the sales desk, 1 overdue"
    assert (need.href, need.tone) == ("/desk/", "warning")


def test_todos_of_the_desk_are_for_sales_only():
    a_prospect_asks(minutes_ago=600)

    assert sentences(MemberFactory(role="support", bio="Me.")) == []


def test_could_answer_prefers_questions_in_the_members_categories():
    member = MemberFactory()
    home = CategoryFactory()
    AnswerFactory(author=member, topic=QuestionFactory(category=home))
    near = QuestionFactory(category=home, created_at=NOW - timedelta(days=9))
    far = QuestionFactory(created_at=NOW - timedelta(days=1))
    QuestionFactory(author=member)
    QuestionFactory(closed_at=NOW)
    TopicFactory()

    assert home_page.could_answer(member) == [near, far]
