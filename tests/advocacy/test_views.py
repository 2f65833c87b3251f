import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from community.forum.models import Category
from tests.counting import queries_of
from tests.factories.forum import AnswerFactory, CategoryFactory, QuestionFactory
from tests.factories.members import CompanyFactory, MemberFactory
from tests.factories.moderation import SanctionFactory
from tests.forum.pages import page, texts

from .acts import TODAY
from .event_helpers import drained, happened, make_advocate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
LIST, OWN = "/advocacy/", "/me/advocacy/"


@pytest.fixture
def today():
    with time_machine.travel(
        datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=12), tick=False
    ):
        yield


@pytest.fixture(params=["manager", "moderator", "sales", "support", "product"])
def team(request, client):
    client.force_login(MemberFactory(role=request.param))
    return client


def names(response):
    return [row.score.member.username for row in response.context["rows"]]


# The team's list


def test_advocate_list_is_visible_to_the_whole_team(team):
    assert team.get(LIST).status_code == 200


def test_advocate_list_refuses_a_member(client):
    client.force_login(MemberFactory())

    response = client.get(LIST)

    assert response.status_code == 403
    assert "Only the team can see all scores" in response.content.decode()


def test_advocate_list_redirects_a_visitor_to_log_in(client):
    response = client.get(LIST)

    assert (response.status_code, response.url) == (302, f"/accounts/login/?next={LIST}")


def test_advocate_list_refuses_post(as_manager):
    assert as_manager.post(LIST).status_code == 405


def test_advocate_list_ranks_by_score_and_counts_bands(as_manager):
    helper, advocate = MemberFactory(), MemberFactory()
    happened(helper, "reply.created", 10)
    make_advocate(advocate)
    drained()

    response = as_manager.get(LIST)

    assert names(response) == [advocate.username, helper.username]
    assert [(band.value, n) for band, n in response.context["bands"]] == [
        ("champion", 0),
        ("advocate", 1),
        ("promising", 0),
        ("emerging", 0),
        ("none", 1),
    ]


def test_advocate_list_shows_the_components(as_manager):
    member = MemberFactory(company=CompanyFactory(name="Harbour Roasters"))
    make_advocate(member)
    drained()

    response = as_manager.get(LIST)

    (row,) = response.context["rows"]
    assert {part.key for part in row.parts if part.width} == {"helpfulness", "referral", "proof"}
    assert [segment.name for segment in row.segments] == ["reference", "helper", "connector"]
    page = response.content.decode()
    assert "Harbour Roasters" in page
    assert "Falls below 40 on" in page


def test_advocate_list_of_one_band(as_manager):
    helper, advocate = MemberFactory(), MemberFactory()
    happened(helper, "reply.created", 10)
    make_advocate(advocate)
    drained()

    assert names(as_manager.get(LIST, {"band": "advocate"})) == [advocate.username]
    assert names(as_manager.get(LIST, {"band": "champion"})) == []


def test_advocate_list_of_one_kind_agrees_with_the_chips(as_manager):
    for member in MemberFactory.create_batch(3):
        happened(member, "reply.created", 10)
    make_advocate(MemberFactory())
    drained()

    rows = as_manager.get(LIST).context["rows"]
    for kind in ("helper", "connector", "voice", "reference"):
        chipped = [row.score.member.username for row in rows if kind in [s.name for s in row.segments]]
        assert names(as_manager.get(LIST, {"kind": kind})) == chipped
    assert as_manager.get(LIST, {"kind": "wizard"}).status_code == 404


def test_advocate_list_says_what_would_add_most(as_manager):
    happened(MemberFactory(), "nps.answered", score=9)
    drained()

    (row,) = as_manager.get(LIST).context["rows"]

    assert [str(suggestion.text) for suggestion, _ in row.suggestions] == [
        "Answer a question so well that it is accepted"
    ]


def test_advocate_list_of_an_unknown_band_is_404(as_manager):
    assert as_manager.get(LIST, {"band": "wizard"}).status_code == 404


def test_advocate_list_excludes_inactive_members_and_staff(as_manager):
    gone, staff = MemberFactory(), MemberFactory()
    make_advocate(gone)
    make_advocate(staff)
    drained()
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    type(staff).objects.filter(pk=staff.pk).update(role="sales")

    response = as_manager.get(LIST)

    assert names(response) == []
    assert response.context["total"] == 0


def test_advocate_list_excludes_suspended_members(as_manager):
    stays, spammer = MemberFactory(), MemberFactory()
    for member in (stays, spammer):
        happened(member, "reply.created", 10)
    drained()
    SanctionFactory(
        member=spammer, kind="suspension", starts_at=datetime.combine(TODAY, datetime.min.time(), UTC)
    )

    response = as_manager.get(LIST)

    assert names(response) == [stays.username]
    assert response.context["total"] == 1


def test_advocate_list_has_an_empty_state(as_manager):
    assert "No scores yet" in as_manager.get(LIST).content.decode()
    assert "No members in this list" in as_manager.get(LIST, {"band": "champion"}).content.decode()


def test_advocate_list_marks_a_strike(as_manager):
    member = MemberFactory()
    make_advocate(member)
    happened(member, "strike.upheld", ago=3)
    drained()

    assert "strike −10" in as_manager.get(LIST).content.decode()


def test_advocate_list_names_quiet_promoters(as_manager):
    quiet, loud, critic = MemberFactory(), MemberFactory(), MemberFactory()
    happened(quiet, "nps.answered", score=9)
    happened(loud, "nps.answered", score=10)
    happened(loud, "reply.created")
    happened(critic, "nps.answered", score=2)
    drained()

    assert [score.member for score in as_manager.get(LIST).context["quiet_promoters"]] == [quiet]


def test_advocate_list_is_paginated(as_manager):
    for member in MemberFactory.create_batch(21):
        happened(member, "review.verified")
    drained()

    assert len(names(as_manager.get(LIST))) == 20
    assert len(names(as_manager.get(LIST, {"page": 2}))) == 1


def test_advocate_list_takes_the_same_queries_for_one_and_three(as_manager):
    counts = set()
    for _ in range(3):
        make_advocate(MemberFactory(company=CompanyFactory()))
        drained()
        counts.add(queries_of(as_manager, LIST))

    assert len(counts) == 1


# Own score


def test_own_score_explains_the_score(client):
    member = MemberFactory()
    make_advocate(member, ago=10)
    happened(member, "reply.created", 14)
    drained()
    client.force_login(member)

    response = client.get(OWN)

    context, page = response.context, response.content.decode()
    assert context["band"] == "advocate"
    assert context["next_band"].label == "Champion"
    assert context["to_next"] == 65 - context["scored"].score
    assert context["left_out"] == ["4 replies are not counted: there is a daily limit of 10."]
    assert "Falls below 40 on" in page
    assert [suggestion.address for suggestion, _ in context["suggestions"]] == [
        "/unanswered/",
        "/new/",
        "/latest/",
    ]


def test_own_score_is_computed_for_today(client):
    member = MemberFactory()
    happened(member, "reply.created", 10)
    drained()
    client.force_login(member)

    with time_machine.travel(
        datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(days=10), tick=False
    ):
        score = client.get(OWN).context["scored"].score

    assert score < member.advocacy.score


def test_own_score_links_to_the_posts_that_count(client):
    member, asker = MemberFactory(), MemberFactory()
    answer = AnswerFactory(author=member, topic=QuestionFactory(author=asker, title="Grinder stuck"))
    happened(member, "answer.accepted", by=asker, about=answer)
    drained()
    client.force_login(member)

    page = client.get(OWN).content.decode()

    assert f'<a href="/p/{answer.pk}/">Grinder stuck</a>' in page


def test_own_score_does_not_name_hidden_posts(client):
    member = MemberFactory()
    hidden = CategoryFactory(groups=[], kind=Category.Kind.QA)
    answer = AnswerFactory(author=member, topic=QuestionFactory(category=hidden, title="A secret"))
    happened(member, "answer.accepted", about=answer)
    drained()
    client.force_login(member)

    assert "A secret" not in client.get(OWN).content.decode()


def test_own_score_does_not_name_voters(client):
    member, voter = MemberFactory(), MemberFactory(display_name="Vera Voter")
    happened(member, "helpful_vote.received", by=voter)
    drained()
    client.force_login(member)

    assert "Vera" not in client.get(OWN).content.decode()


def test_own_score_shows_the_last_year(client):
    member = MemberFactory()
    happened(member, "review.verified", ago=100)
    drained()
    client.force_login(member)

    history = client.get(OWN).context["history"]

    assert len(history) == 13
    assert [score > 0 for _, score in history] == [False] * 9 + [True] * 4


def test_own_score_shows_a_strike(client):
    member = MemberFactory()
    make_advocate(member)
    happened(member, "strike.upheld")
    drained()
    client.force_login(member)

    assert "10 points are deducted" in client.get(OWN).content.decode()


def test_own_score_shows_the_best_of_a_decayed_score(client):
    member = MemberFactory()
    happened(member, "review.verified", ago=2000)
    drained()
    client.force_login(member)

    page = client.get(OWN).content.decode()

    assert "Your past contributions have expired." in page
    assert "Your highest score: 8.11" in page


def test_advocate_list_sorts_decayed_scores_by_their_best(as_manager):
    less, more = MemberFactory(), MemberFactory()
    happened(less, "review.verified", ago=2000)
    happened(more, "reference.completed", ago=2000)
    drained()

    response = as_manager.get(LIST)

    assert names(response) == [more.username, less.username]
    assert "best 10.0 in" in response.content.decode()


def test_own_score_without_acts_explains_what_counts(client):
    client.force_login(MemberFactory())

    page = client.get(OWN).content.decode()

    assert "No contributions yet" in page
    assert "up to 25" in page


def test_own_score_of_staff_says_there_is_none(team):
    page = team.get(OWN).content.decode()

    assert "Not available for team members" in page


def test_own_score_redirects_a_visitor_to_log_in(client):
    assert client.get(OWN).status_code == 302


def test_own_score_takes_the_same_queries_for_one_and_many_acts(client):
    member = MemberFactory()
    client.force_login(member)
    counts = set()
    for days in ([0], [3, 5, 9, 20]):
        for ago in days:
            happened(
                member, "answer.accepted", ago=ago, by=MemberFactory(), about=AnswerFactory(author=member)
            )
        drained()
        counts.add(queries_of(client, OWN))

    assert len(counts) == 1


def test_own_score_suggests_what_can_be_done_here_first_and_as_links(client):
    CategoryFactory(kind="ideas")
    CategoryFactory(kind="articles", create_by="groups")
    member = MemberFactory()
    asked = [QuestionFactory(title=f"Question {n} of many?") for n in range(5)]
    QuestionFactory(author=member)
    QuestionFactory(closed_at=datetime.combine(TODAY, datetime.min.time(), UTC))
    happened(member, "topic.created")
    drained()
    client.force_login(member)

    response = client.get(OWN)

    card = page(response).cssselect("main .card")[0]
    links = [link.get("href") for link in card.cssselect("li a")]
    assert links[:3] == [topic.get_absolute_url() for topic in reversed(asked[2:])]
    assert set(links[3:]) == {"/unanswered/", "/new/?kind=idea", "/new/", "/latest/"}


def test_own_score_has_no_rows_of_nothing_and_every_number_opens(client):
    member = MemberFactory()
    for ago in range(4):
        happened(member, "reply.created", ago=ago)
    happened(member, "answer.accepted", ago=2, by=MemberFactory())
    drained()
    client.force_login(member)

    response = client.get(OWN)

    (row,) = page(response).cssselect("details:has(> summary.part-row)")
    assert " ".join(row.text_content().split()).startswith("Helpfulness")
    made_of = response.context["made_of"]["helpfulness"]
    assert [acts for acts, _ in made_of] == ["1 accepted answer", "4 replies"]
    points = response.context["scored"].explanation["components"]["helpfulness"]["points"]
    assert abs(sum(points for _, points in made_of) - Decimal(points)) <= Decimal("0.02")
    assert not re.search(r"(?<![\d.])0\.0(?!\d)", texts(response, "main")[0])


def test_advocate_list_has_no_rows_of_nothing(as_manager):
    happened(MemberFactory(), "reply.created")
    drained()

    rows = texts(as_manager.get(LIST), ".made-of tr")

    assert len(rows) == 1
    assert rows[0].startswith("Helpfulness")
