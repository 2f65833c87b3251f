from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localtime

from community.forum.models import Topic
from community.forum.services import topics
from community.prospects.models import DeskQuestion, ProspectForum
from community.prospects.services.claims import claim_question
from community.prospects.services.tracking import track_topic
from tests.factories.forum import CategoryFactory, TopicFactory
from tests.factories.members import CompanyFactory, MemberFactory
from tests.factories.prospects import (
    ProspectForumFactory,
    RosterEntryFactory,
    a_peer,
    a_prospect_asks,
    a_reply,
)
from tests.forum.pages import page as parsed
from tests.forum.pages import texts, titles
from tests.journeys.journey_fixtures import bought, drained, happened

pytestmark = pytest.mark.django_db
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def entry(client):
    """A salesperson, logged in."""
    entry = RosterEntryFactory()
    client.force_login(entry.member)
    return entry


def url(question: DeskQuestion, act: str = "") -> str:
    return f"/desk/{question.pk}/{act}"


# Forum list


def test_forum_list_shows_a_visitor_who_answers_and_how_soon(client):
    entry = RosterEntryFactory(real_name="Inês Duarte", title="Advisor, Porto")
    RosterEntryFactory(forum=entry.forum, real_name="Somebody Gone", is_active=False)

    page = client.get("/prospects/").content.decode()

    assert "Inês Duarte" in page
    assert "Advisor, Porto" in page
    assert "Our team replies within 4 hours. Customers answer first, for 30 minutes." in " ".join(
        page.split()
    )
    assert "Somebody Gone" not in page


def test_forum_list_leaves_out_what_the_reader_may_not_see(client):
    private = ProspectForumFactory(category=CategoryFactory(kind="prospect", groups=[], position=1))
    public = ProspectForumFactory(category=CategoryFactory(kind="prospect", position=2))

    visitor = client.get("/prospects/").context["forums"]
    client.force_login(MemberFactory(role="manager"))
    manager = client.get("/prospects/").context["forums"]

    assert visitor == [public]
    assert manager == [private, public]


def test_forum_list_shows_the_latest_questions_that_the_reader_may_see(client):
    public = ProspectForumFactory(category=CategoryFactory(kind="prospect"))
    private = ProspectForumFactory(category=CategoryFactory(kind="prospect", groups=[]))
    asked = [TopicFactory(category=public.category, title=f"Which one, {n}?") for n in range(2)]
    TopicFactory(category=public.category, status="pending", title="Not yet")
    secret = TopicFactory(category=private.category, title="For some")
    TopicFactory(title="Elsewhere")

    visitor = titles(client.get("/prospects/"))
    client.force_login(MemberFactory(role="manager"))

    assert visitor == [asked[1].title, asked[0].title]
    assert titles(client.get("/prospects/")) == [secret.title, *visitor]


def test_forum_list_has_an_empty_state(client):
    assert b"No forums yet" in client.get("/prospects/").content


def test_forum_list_takes_the_same_queries_for_one_forum_and_three(client, django_assert_num_queries):
    RosterEntryFactory()
    with CaptureQueriesContext(connection) as one:
        client.get("/prospects/")
    RosterEntryFactory.create_batch(2)

    with django_assert_num_queries(len(one)):
        client.get("/prospects/")


# Desk


@pytest.mark.parametrize("path", ["/desk/", "/desk/mine/", "/desk/team/", "/desk/{}/", "/desk/{}/evidence/"])
def test_the_desk_is_for_the_roster_and_managers(client, path):
    entry = RosterEntryFactory()
    question = a_prospect_asks(entry.forum)
    path = path.format(question.pk)

    def status(member):
        client.force_login(member)
        return client.get(path).status_code

    assert status(entry.member) == 200
    assert status(MemberFactory(role="manager")) == 200
    assert status(MemberFactory()) == 403
    assert status(question.topic.author) == 403
    assert status(MemberFactory(role="support")) == 403
    assert status(RosterEntryFactory(forum=entry.forum, is_active=False).member) == 403
    client.logout()
    assert client.get(path).status_code == 302


def test_the_desk_excludes_other_forums(client, entry):
    other = a_prospect_asks()

    page = client.get("/desk/")

    assert page.context["cards"] == []
    assert client.get(url(other)).status_code == 404
    assert client.post(url(other, "claim/")).status_code == 404


@pytest.mark.parametrize("act", ["claim/", "release/", "settle/", "reply/", "hand-over/"])
def test_desk_actions_refuse_others_and_get(client, act):
    question = a_prospect_asks()

    anonymous = client.post(url(question, act))
    client.force_login(MemberFactory())
    member = client.post(url(question, act))
    client.force_login(MemberFactory(role="manager"))
    got = client.get(url(question, act))

    assert (anonymous.status_code, member.status_code, got.status_code) == (302, 403, 405)


def test_the_desk_sorts_by_due_date_and_holds_new_questions_back(client, entry):
    a_peer()
    late = a_prospect_asks(entry.forum, minutes_ago=600)
    newer = a_prospect_asks(entry.forum, minutes_ago=60)
    new = a_prospect_asks(entry.forum, minutes_ago=5)

    waiting, held_back = client.get("/desk/"), client.get("/desk/held-back/")

    assert [card.question for card in waiting.context["cards"]] == [late, newer]
    assert [card.is_late for card in waiting.context["cards"]] == [True, False]
    assert [card.question for card in held_back.context["cards"]] == [new]
    assert b"Customers first until" in held_back.content


def test_the_desk_says_when_to_answer_and_by_how_much_it_is_late(client, entry):
    late = a_prospect_asks(entry.forum, minutes_ago=300)
    due = a_prospect_asks(entry.forum, minutes_ago=60)

    clocks = [" ".join(words.split()) for words in texts(client.get("/desk/"), ".desk-clock strong")]

    assert clocks == ["Late by 1 h", f"Answer by {localtime(due.due_at):%a %H:%M}"]
    assert late.due_at < due.due_at


def test_the_desk_says_until_when_all_forums_are_closed(client, entry):
    a_prospect_asks(entry.forum)
    assert "Closed until" not in client.get("/desk/").content.decode()
    opens = localtime() + timedelta(hours=1)
    ProspectForum.objects.update(
        opens_at=opens.replace(second=0, microsecond=0, tzinfo=None).time(),
        closes_at=(opens + timedelta(hours=1)).time(),
        answers_on_weekends=True,
    )

    assert texts(client.get("/desk/"), ".alert span") == [
        f"Closed until {opens:%a} {opens.day} {opens:%b, %H:%M}. "
        "The time until then does not count towards a deadline."
    ]


def test_a_question_says_why_it_waits_although_the_team_answered(client, entry):
    question = a_prospect_asks(entry.forum)
    a_reply(question.topic, entry.member, minutes_ago=20)
    a_reply(question.topic, question.topic.author, minutes_ago=10)
    track_topic(question.pk)

    for path in ("/desk/", url(question)):
        assert "Wrote again after our answer" in client.get(path).content.decode()


def test_a_card_leads_to_the_answer(client, entry):
    question = a_prospect_asks(entry.forum)

    [answer] = parsed(client.get("/desk/")).cssselect(".desk-acts a")
    path, fragment = answer.get("href").split("#")

    assert answer.text_content() == "Answer"
    assert [form.get("id") for form in parsed(client.get(path)).cssselect("form#" + fragment)] == [fragment]
    claim_question(question, actor=RosterEntryFactory(forum=entry.forum).member)
    assert parsed(client.get("/desk/")).cssselect(".desk-acts a") == []


def test_the_desk_lists_answered_questions(client, entry):
    question = a_prospect_asks(entry.forum)
    client.post(url(question, "reply/"), {"source": "How many cups a day?"})
    DeskQuestion.objects.filter(pk=a_prospect_asks(entry.forum, minutes_ago=31 * 24 * 60).pk).update(
        state="answered"
    )

    waiting, answered = client.get("/desk/"), client.get("/desk/answered/")

    assert waiting.context["cards"] == []
    assert [card.question for card in answered.context["cards"]] == [question]
    assert "in time" in answered.content.decode()


def test_the_desk_lists_whose_questions_are_whose_and_counts_them(client, entry):
    colleague = RosterEntryFactory(forum=entry.forum, member__display_name="Amara Okafor").member
    free, mine, taken, expired = (a_prospect_asks(entry.forum) for _ in range(4))
    claim_question(mine, actor=entry.member)
    claim_question(taken, actor=colleague)
    an_hour_ago = localtime() - timedelta(hours=1)
    DeskQuestion.objects.filter(pk=expired.pk).update(claimed_by=colleague, claimed_at=an_hour_ago)

    lists = {name: client.get(f"/desk/{name}") for name in ("", "mine/", "others/", "answered/")}

    found = {name: [card.question for card in page.context["cards"]] for name, page in lists.items()}
    assert found == {"": [free, mine, taken, expired], "mine/": [mine], "others/": [taken], "answered/": []}
    assert texts(lists["mine/"], ".tabs .numbers") == ["4", "1", "1", "0"]
    assert "Assigned to Amara Okafor" in "".join(texts(lists["others/"], ".desk-acts")).translate(
        {0x2068: None, 0x2069: None}
    )


def test_the_desk_takes_the_same_queries_for_one_question_and_three(client, entry, django_assert_num_queries):
    a_prospect_asks(entry.forum, author=MemberFactory(company=CompanyFactory()))
    client.get("/desk/")
    with CaptureQueriesContext(connection) as one:
        client.get("/desk/")
    for _ in range(2):
        a_prospect_asks(entry.forum, author=MemberFactory(company=CompanyFactory()))

    with django_assert_num_queries(len(one)):
        client.get("/desk/")


def test_the_desk_shows_twenty_questions_and_counts_all(client, entry):
    asked = [a_prospect_asks(entry.forum, minutes_ago=100 + number) for number in range(22)]
    most_urgent_first = asked[::-1]

    first, second = client.get("/desk/"), client.get("/desk/?page=2")

    assert [card.question for card in first.context["cards"]] == most_urgent_first[:20]
    assert [card.question for card in second.context["cards"]] == most_urgent_first[20:]
    assert texts(first, "[aria-current] .numbers") == texts(second, "[aria-current] .numbers") == ["22"]
    assert "?page=2" in first.content.decode()


def test_held_back_questions_have_a_tab_if_there_are_any(client, entry):
    assert client.get("/desk/held-back/").context["cards"] == []
    assert "/desk/held-back/" not in client.get("/desk/").content.decode()
    a_peer()
    asked = [a_prospect_asks(entry.forum, minutes_ago=minutes) for minutes in range(1, 23)]

    desk, rest = client.get("/desk/"), client.get("/desk/held-back/?page=2")

    assert texts(desk, "a[href='/desk/held-back/'] .numbers") == ["22"]
    assert [card.question for card in rest.context["cards"]] == [asked[1], asked[0]]


def test_the_team_page_shows_hours_and_people_and_lets_managers_change_them(client, entry):
    ProspectForum.objects.update(opens_at=time(9), closes_at=time(18))
    ProspectForumFactory(category__name="Another desk")
    change = f"/admin/prospects/prospectforum/{entry.forum.pk}/change/"

    seen = client.get("/desk/team/").content.decode()
    client.force_login(MemberFactory(role="manager"))
    managed = client.get("/desk/team/").content.decode()

    assert "Monday to Friday, 09:00 to 18:00" in seen
    assert entry.real_name in seen
    assert "Another desk" not in seen
    assert "Another desk" in managed
    assert (change in seen, change in managed) == (False, True)


@pytest.mark.parametrize("path", ["/desk/", "/me/"])
def test_the_desk_and_the_own_page_lead_to_hours_and_team(client, entry, path):
    assert 'href="/desk/team/"' in client.get(path).content.decode()


# One question


def test_question_detail_shows_the_background(client, entry):
    company = CompanyFactory(name="Rossio Roasters")
    asker = MemberFactory(company=company, display_name="Rui")
    MemberFactory(company=company, display_name="Carla of the same firm")
    TopicFactory(author=asker, title="What I asked last week")
    question = a_prospect_asks(entry.forum, author=asker, opening__source="Will it fit under a shelf?")
    a_reply(question.topic, MemberFactory(customer_since=date(2023, 1, 1)), source="Mine does, at 38 cm.")

    page = client.get(url(question)).content.decode()

    for words in (
        "Will it fit under a shelf?",
        "Mine does, at 38 cm.",
        "What I asked last week",
        "Carla of the same firm",
        "Rossio Roasters",
        "1 earlier topic",
    ):
        assert words in page


def test_question_detail_shows_what_the_asker_bought_and_kept(client, entry):
    asker = MemberFactory(customer_since=date(2024, 5, 12))
    question = a_prospect_asks(entry.forum, author=asker)
    bought(asker, 9, "kept", products=["Duo", "Mill"])
    bought(asker, 8, "test", products=["Trial machine"], test=True)
    bought(asker, 7, "returned", products=["Bar"])
    happened(asker, "purchase.refunded", 6, external_id="returned", full=True)

    facts = texts(client.get(url(question)), ".desk-words .meta + .meta span")

    assert facts == ["Customer since 12 May 2024", "Bought: Duo, Mill"]


def test_question_detail_of_somebody_who_has_not_bought_says_so(client, entry):
    page = client.get(url(a_prospect_asks(entry.forum))).content.decode()

    assert "Not a customer" in page
    assert "Bought:" not in page


def test_desk_leads_from_the_company_to_its_members(client, entry):
    a_prospect_asks(entry.forum, author=MemberFactory(company=CompanyFactory(name="Rossio", slug="rossio")))

    [link] = [
        a
        for a in parsed(client.get("/desk/")).cssselect(".desk-line .meta a")
        if "Rossio" in a.text_content()
    ]

    assert link.get("href") == "/journeys/members/?company=rossio"
    assert client.get(link.get("href")).status_code == 200


def test_question_detail_does_not_show_hidden_earlier_topics(client, entry):
    asker = MemberFactory()
    TopicFactory(author=asker, category=CategoryFactory(groups=[]), title="Among ourselves")
    question = a_prospect_asks(entry.forum, author=asker)

    assert "Among ourselves" not in client.get(url(question)).content.decode()


def test_question_detail_is_a_fragment_for_htmx(client, entry):
    question = a_prospect_asks(entry.forum)

    whole, part = client.get(url(question)), client.get(url(question), **HTMX)

    assert b"<html" in whole.content
    assert texts(whole, "h1") == ["Question at the sales desk"]
    assert b"<html" not in part.content
    assert f'id="question-{question.pk}"' in part.content.decode()


def test_question_evidence_without_a_stage_says_so(client, entry):
    question = a_prospect_asks(entry.forum)

    whole, part = client.get(url(question, "evidence/")), client.get(url(question, "evidence/"), **HTMX)

    assert b"We have no data about this person yet" in whole.content
    assert b"<html" not in part.content


def test_question_evidence_describes_the_events(client, entry):
    question = a_prospect_asks(entry.forum)
    happened(question.topic.author, "demo.requested", 3, product="Duo")
    drained()

    page = client.get(url(question, "evidence/")).content.decode()

    assert "Asked for a demo" in page
    assert "demo.requested" not in page


@pytest.mark.parametrize("extra", [{}, HTMX])
def test_a_question_that_was_moved_away_redirects_to_the_topic(client, entry, extra):
    question = a_prospect_asks(entry.forum)
    topics.move(question.topic, to=CategoryFactory(), actor=MemberFactory(role="moderator"))
    track_topic(question.pk)

    response = client.get(url(question), **extra)

    question.topic.refresh_from_db()
    assert (response.status_code, response.url) == (302, question.topic.get_absolute_url())


def test_a_question_that_was_moved_where_the_reader_cannot_see_it_is_404(client, entry):
    question = a_prospect_asks(entry.forum)
    topics.move(question.topic, to=CategoryFactory(groups=[]), actor=MemberFactory(role="manager"))
    track_topic(question.pk)

    assert client.get(url(question)).status_code == 404


def test_a_hidden_question_is_404(client, entry):
    question = a_prospect_asks(entry.forum)
    Topic.objects.update(status=Topic.Status.HIDDEN)
    track_topic(question.pk)

    assert client.get(url(question)).status_code == 404


# Actions


@pytest.mark.parametrize("extra", [{}, HTMX])
def test_question_claim_assigns_it(client, entry, extra):
    question = a_prospect_asks(entry.forum)

    response = client.post(url(question, "claim/"), **extra)

    question.refresh_from_db()
    assert question.claimed_by == entry.member
    assert response.status_code == (200 if extra else 302)


def test_question_claim_of_a_colleagues_names_them(client, entry):
    question = a_prospect_asks(entry.forum)
    colleague = RosterEntryFactory(forum=entry.forum).member
    claim_question(question, actor=colleague)

    response = client.post(url(question, "claim/"), **HTMX)

    assert response.status_code == 422
    assert f"This question is assigned to {colleague}." in response.content.decode()


def test_question_release_ends_the_claim(client, entry):
    question = a_prospect_asks(entry.forum)
    claim_question(question, actor=entry.member)

    client.post(url(question, "release/"))

    question.refresh_from_db()
    assert question.claimed_by is None


def test_question_settle_removes_it_from_the_desk(client, entry):
    question = a_prospect_asks(entry.forum)
    a_reply(question.topic, MemberFactory())

    client.post(url(question, "settle/"))

    question.refresh_from_db()
    assert question.state == DeskQuestion.State.SETTLED


@pytest.mark.parametrize(("extra", "status"), [({}, 302), (HTMX, 200)])
def test_question_reply_posts_an_answer(client, entry, extra, status):
    question = a_prospect_asks(entry.forum)

    response = client.post(url(question, "reply/"), {"source": "How many cups a day?"}, **extra)

    question.refresh_from_db()
    assert response.status_code == status
    assert question.state == DeskQuestion.State.ANSWERED
    assert question.topic.posts.filter(author=entry.member, source="How many cups a day?").exists()


@pytest.mark.parametrize("extra", [{}, HTMX])
def test_question_reply_that_is_refused_keeps_its_text(client, entry, extra):
    question = a_prospect_asks(entry.forum)
    words = "Just buy it: https://shop.example.com/checkout now"

    response = client.post(url(question, "reply/"), {"source": words}, **extra)

    assert response.status_code == 422
    page = response.content.decode()
    assert words in page
    assert "A first answer cannot link to a checkout" in page


def test_question_reply_without_text_is_refused(client, entry):
    question = a_prospect_asks(entry.forum)

    response = client.post(url(question, "reply/"), {"source": "  "})

    assert response.status_code == 422
    assert response.context["reply"].errors == {"source": ["This field is required."]}


def test_question_reply_with_a_link_in_a_first_answer_warns(client, entry):
    question = a_prospect_asks(entry.forum)

    client.post(url(question, "reply/"), {"source": "See https://example.org/manual for that."})

    page = client.get("/desk/").content.decode()
    assert "Your first answer contains a link to another site." in page


def test_question_hand_over_assigns_it_to_a_colleague(client, entry):
    question = a_prospect_asks(entry.forum)
    colleague = RosterEntryFactory(forum=entry.forum).member
    claim_question(question, actor=entry.member)

    client.post(url(question, "hand-over/"), {"to": colleague.pk, "note": "Knows pumps."})

    question.refresh_from_db()
    assert question.claimed_by == colleague
    client.force_login(colleague)
    assert "Knows pumps." in client.get(url(question)).content.decode()


def test_question_hand_over_offers_trained_colleagues_only(client, entry):
    question = a_prospect_asks(entry.forum)
    untrained = RosterEntryFactory(forum=entry.forum, is_trained=False).member
    claim_question(question, actor=entry.member)

    response = client.post(url(question, "hand-over/"), {"to": untrained.pk})

    assert response.status_code == 422
    assert "to" in response.context["hand_over"].errors


def test_question_hand_over_lists_colleagues_by_name(client, entry):
    question = a_prospect_asks(entry.forum)
    for name in ("Finn", "Cleo", "ada", "Eve", "dora", "Ben"):
        RosterEntryFactory(forum=entry.forum, member=MemberFactory(role="sales", display_name=name))

    form = client.get(url(question)).context["hand_over"]

    names = [str(member) for member in form.fields["to"].queryset]
    assert names == ["ada", "Ben", "Cleo", "dora", "Eve", "Finn"]


def test_question_hand_over_without_a_claim_is_refused(client, entry):
    question = a_prospect_asks(entry.forum)
    colleague = RosterEntryFactory(forum=entry.forum).member

    response = client.post(url(question, "hand-over/"), {"to": colleague.pk})

    assert response.status_code == 422
    assert b"Assign the question to yourself first" in response.content


# Urgency


def test_question_urgent_is_for_the_asker_and_managers(client):
    a_peer()
    question = a_prospect_asks(minutes_ago=3)
    path = f"/prospects/questions/{question.pk}/urgent/"

    client.force_login(MemberFactory())
    other = client.post(path, {"reason": "Me too."})
    client.force_login(question.topic.author)
    client.post(path, {"reason": "We open tomorrow."})

    question.refresh_from_db()
    assert other.status_code == 403
    assert (question.is_urgent, question.urgent_reason) == (True, "We open tomorrow.")


def test_question_urgent_needs_a_reason(client):
    question = a_prospect_asks(minutes_ago=3)
    client.force_login(question.topic.author)

    client.post(f"/prospects/questions/{question.pk}/urgent/", {"reason": ""})

    question.refresh_from_db()
    assert question.is_urgent is False


def test_question_urgent_of_a_hidden_topic_is_404(client):
    forum = ProspectForumFactory(category=CategoryFactory(kind="prospect", groups=[]))
    question = a_prospect_asks(forum)
    client.force_login(MemberFactory())

    assert client.post(f"/prospects/questions/{question.pk}/urgent/", {"reason": "x"}).status_code == 404


def test_too_much_staff_shows_a_warning(client, entry):
    question = a_prospect_asks(entry.forum)
    for _ in range(2):
        a_reply(question.topic, entry.member)
    a_reply(question.topic, MemberFactory())
    client.post(url(question, "reply/"), {"source": "And another thing."})

    page = client.get(url(question)).content.decode()

    assert "75% of the replies are from our team." in page


def test_the_reply_bar_shows_customers_undecided_and_staff(client, entry):
    question = a_prospect_asks(entry.forum)
    a_reply(question.topic, MemberFactory(customer_since=date(2024, 1, 1)))
    a_reply(question.topic, MemberFactory())
    a_reply(question.topic, MemberFactory())
    a_reply(question.topic, question.topic.author)
    a_reply(question.topic, entry.member)

    shares = client.get(url(question)).context["card"].reply_shares

    assert [(share.kind, share.count, share.start, share.percent) for share in shares] == [
        ("customers", 1, 0, 25),
        ("undecided", 2, 25, 50),
        ("staff", 1, 75, 25),
    ]
