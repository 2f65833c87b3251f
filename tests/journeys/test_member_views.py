"""A member's journey, for the team and for the member."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from community.forum.models import Category
from journeys.models import MemberState, Override
from journeys.services import overrides
from tests.counting import queries_of
from tests.factories.forum import AnswerFactory, CategoryFactory, QuestionFactory
from tests.factories.members import CompanyFactory, MemberFactory

from .journey_fixtures import bought, drain_all, drained, happened, moment, replied

pytestmark = pytest.mark.django_db
OWN = "/me/journey/"


def address(member, end=""):
    return f"/journeys/members/{member.username}/{end}"


def override(**changes):
    return {"stage": "conversion", "mode": "pin", "reason": "Bought by phone.", "days": "30", **changes}


@pytest.fixture
def member():
    return MemberFactory(display_name="Ana Silva", company=CompanyFactory(name="Café Nord"))


def steps_of(response):
    return [(step.row.stage, step.row.sub_stage) for step in response.context["story"].steps]


# Permissions


@pytest.mark.parametrize("role", ["manager", "moderator", "sales", "support", "product"])
def test_member_journey_is_visible_to_the_whole_team(client, member, role):
    client.force_login(MemberFactory(role=role))

    assert client.get(address(member)).status_code == 200


def test_member_journey_refuses_members_even_their_own(client, member):
    client.force_login(member)

    for one in (member, MemberFactory()):
        response = client.get(address(one))
        assert response.status_code == 403
        assert "Only the team can see other members" in response.content.decode()


def test_member_journey_does_not_reveal_who_exists(client):
    client.force_login(MemberFactory())

    assert client.get("/journeys/members/nobody/").status_code == 403


def test_member_journey_redirects_a_visitor_to_log_in(client, member):
    assert client.get(address(member)).status_code == 302


def test_member_journey_of_an_unknown_member_is_404(as_manager):
    assert as_manager.get("/journeys/members/nobody/").status_code == 404


# Content


def test_member_journey_lists_the_latest_step_first(as_manager, member):
    replied(member, 60)
    bought(member, 50)
    drained()

    response = as_manager.get(address(member))

    assert steps_of(response) == [
        ("relationship", "adoption"),
        ("conversion", "first_purchase"),
        ("engagement", "exploring"),
    ]
    page = response.content.decode()
    assert "Café Nord" in page
    assert "rule C1, version 1" in page


def test_member_journey_shows_the_evidence_of_each_step(as_manager, member):
    purchase = bought(member, 5)
    drained()

    (step,) = as_manager.get(address(member)).context["story"].steps

    assert [(told.event.pk, told.about) for told in step.evidence] == [(purchase.pk, "49.00 EUR")]
    assert step.unseen == 0


def test_member_journey_shows_superseded_rows(as_manager, member):
    replied(member, 20)
    drained()
    bought(member, 30)
    drained()

    response = as_manager.get(address(member))

    assert response.context["story"].superseded == len(response.context["superseded_stages"]) > 0
    assert "Earlier versions" in response.content.decode()


def test_member_journey_names_companions(as_manager, member):
    helper = MemberFactory(display_name="Bruno Keller")
    replied(member, 20)
    happened(member, "question.resolved", 8, counterpart=helper, by=helper.pk, minutes=5, by_staff=False)
    bought(member, 5)
    drained()

    page = as_manager.get(address(member)).content.decode()

    assert "Bruno Keller" in page
    assert "solved a question" in page


def test_a_reply_in_a_prospect_forum_is_shown_once(as_manager, member):
    helper = MemberFactory(display_name="Bruno Keller")
    question = QuestionFactory(author=member)
    AnswerFactory(author=helper, topic=question, created_at=moment(8))
    happened(member, "prospect.peer_replied", 8, counterpart=helper, role="asker")
    bought(member, 5)
    drained()

    story = as_manager.get(address(member)).context["story"]

    (bruno,) = [one for one in story.steps[0].companions if one.member == helper]
    assert bruno.did == (("answered in a prospect forum as a customer", 1),)


def test_member_journey_links_events_to_their_posts(as_manager, member):
    answer = AnswerFactory(author=member, topic=QuestionFactory(title="Grinder stuck"), source="Brush it.")
    happened(member, "reply.created", 3, words=2, is_answer=True, topic_id=answer.topic_id, about=answer)
    drained()

    page = as_manager.get(address(member)).content.decode()

    assert f'<a href="/p/{answer.pk}/"><bdi>Grinder stuck</bdi></a>' in page


def test_member_journey_shows_risk_signals(as_manager, member):
    bought(member, 60)
    happened(member, "nps.answered", 5, score=2)
    happened(member, "payment.failed", 4)
    drained()

    response = as_manager.get(address(member))

    assert [risk.text for risk in response.context["risks"]] == ["Would not recommend us", "A payment failed"]
    assert [risk.evidence.event.name for risk in response.context["risks"]] == [
        "nps.answered",
        "payment.failed",
    ]
    assert "at risk" in response.content.decode()


def test_the_evidence_of_a_ticket_is_one_of_the_severity_that_counts(as_manager, member):
    bought(member, 60)
    happened(member, "payment.failed", 4)
    happened(member, "support.ticket_opened", 6, external_id="severe", severity=1)
    happened(member, "support.ticket_opened", 3, external_id="mild", severity=4)
    happened(member, "support.ticket_opened", 2, external_id="unknown")
    drained()

    risks = as_manager.get(address(member)).context["risks"]

    assert [risk.evidence.event.props.get("external_id") for risk in risks] == [None, "severe"]


def test_member_journey_of_staff_says_there_is_none(as_manager):
    page = as_manager.get(address(MemberFactory(role="sales"))).content.decode()

    assert "Team members have no stage" in page
    assert "Set stage manually" not in page


def test_member_journey_without_events(as_manager, member):
    assert "No activity yet" in as_manager.get(address(member)).content.decode()


def test_member_journey_ignores_the_case_of_the_username(as_manager, member):
    assert as_manager.get(f"/journeys/members/{member.username.upper()}/").status_code == 200


def weeks_of(response):
    """The weeks on the page: first day, summary, and how often each event is shown to have happened."""
    return [
        (week.first, week.did, [(one.event.name, one.times) for one in week.events])
        for week in response.context["weeks"].shown
    ]


@pytest.fixture
def on_a_friday():
    with time_machine.travel(datetime(2026, 3, 13, 12, tzinfo=UTC), tick=False):
        yield


@pytest.mark.usefixtures("on_a_friday")
@pytest.mark.parametrize("own", [True, False])
def test_activity_is_folded_by_week_and_visits_within_it(client, member, manager, own):
    for ago in (0, 1, 2, 3, 5, 6):
        happened(member, "visit.day", ago)
    for ago in (1, 1, 5):
        happened(member, "search.performed", ago, query="descale", results=1)
    replied(member, 2)
    bought(member, 2, ref="one")
    bought(member, 2, ref="two")
    drained()
    client.force_login(member if own else manager)

    response = client.get(OWN if own else address(member))

    this_week = [("visit.day", 4), ("search.performed", 2), ("reply.created", 1)]
    purchases = [("purchase.completed", 1), ("purchase.completed", 1)]
    (monday, did, events), (before, *rest) = weeks_of(response)
    assert (monday, before) == (date(2026, 3, 9), date(2026, 3, 2))
    assert sorted(events) == sorted([*this_week, *purchases])
    assert did == ["bought 2 times", "replied", "visited on 4 days"]
    assert response.context["weeks"].shown[0].more
    assert rest == [["visited on 2 days", "searched"], rest[1]]
    assert sorted(rest[1]) == [("search.performed", 1), ("visit.day", 2)]


@pytest.mark.usefixtures("on_a_friday")
def test_a_busy_week_has_a_page_of_its_own(as_manager, member):
    for n in range(30):
        happened(member, "search.performed", 1, query=f"q{n}", results=1)
    replied(member, 10)
    drained()

    page = as_manager.get(address(member))
    (week, earlier) = page.context["weeks"].shown
    alone = as_manager.get(address(member), {"week": "2026-03-11"})

    assert (len(week.events), week.left_out, earlier.left_out) == (25, 5, 0)
    assert '<a href="?week=2026-03-09#activity">5 more events that week</a>' in page.text
    assert [(one.first, len(one.events)) for one in alone.context["weeks"].shown] == [(date(2026, 3, 9), 30)]
    assert as_manager.get(address(member), {"week": "2020-01-01"}).context["weeks"].shown == []


@pytest.mark.parametrize("week", ["", "soon", "2026-13-01", "9999-12-31", "0001-01-01", "2026-W11"])
def test_a_week_that_is_none_is_not_found_or_empty(as_manager, member, week):
    replied(member, 1)
    drained()

    response = as_manager.get(address(member), {"week": week})

    assert response.status_code == 404 or response.context["weeks"].shown == []


def test_weeks_are_paginated_and_take_the_same_queries(as_manager, member):
    other = MemberFactory()
    for who, weeks in ((member, 10), (other, 2)):
        for ago in range(weeks):
            replied(who, 7 * ago, about=AnswerFactory(author=who))
    drained()

    assert len(as_manager.get(address(member)).context["weeks"].shown) == 8
    assert len(as_manager.get(address(member), {"page": 2}).context["weeks"].shown) == 2
    assert queries_of(as_manager, address(member)) == queries_of(as_manager, address(other))


def test_a_post_is_quoted_once_on_a_page(as_manager, member):
    answer = AnswerFactory(author=member, html="<p>Brush the burrs.</p>")
    happened(member, "reply.created", 9, words=3, is_answer=True, topic_id=1, about=answer)
    for ago in (1, 2, 8):
        happened(member, "answer.accepted", ago, minutes=3, topic_id=1, about=answer)
    drained()

    assert as_manager.get(address(member)).text.count("Brush the burrs.") == 1


def test_member_journey_takes_the_same_queries_for_one_and_many_steps(as_manager, member):
    helper = MemberFactory()
    counts = set()
    for ago in (100, 60, 5):
        happened(
            member, "question.resolved", ago, counterpart=helper, by=helper.pk, minutes=5, by_staff=False
        )
        bought(member, ago - 1, ref=str(ago))
        drained()
        counts.add(queries_of(as_manager, address(member)))

    assert len(counts) == 1


# Overrides


def test_override_set_by_a_manager_shows_beside_the_computed_stage(as_manager, member):
    replied(member, 3)
    drained()

    response = as_manager.post(address(member, "override/"), override(), follow=True)

    assert response.redirect_chain == [(address(member), 302)]
    drain_all()
    state = MemberState.objects.get(member=member)
    assert (state.shown_stage, state.stage) == ("conversion", "engagement")
    page = as_manager.get(address(member)).content.decode()
    assert "was set manually" in page
    assert "Bought by phone." in page
    assert "Computed: Engagement" in page


@pytest.mark.parametrize(
    "wrong", [{"reason": "  "}, {"days": "181"}, {"days": "0"}, {"stage": "heaven"}, {"mode": "glue"}]
)
def test_invalid_override_form_keeps_its_input(as_manager, member, wrong):
    response = as_manager.post(address(member, "override/"), override(**wrong))

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == wrong.keys()
    assert Override.objects.count() == 0


@pytest.mark.parametrize("role", ["moderator", "sales", "support", "product"])
@pytest.mark.parametrize("end", ["override/", "override/clear/"])
def test_override_is_refused_to_other_roles(client, member, role, end):
    client.force_login(MemberFactory(role=role))

    assert client.post(address(member, end), override()).status_code == 403
    assert Override.objects.count() == 0
    assert "Set stage manually" not in client.get(address(member)).content.decode()


@pytest.mark.parametrize("end", ["override/", "override/clear/"])
def test_override_is_refused_to_members_and_visitors(client, member, end):
    assert client.post(address(member, end), override()).status_code == 302
    client.force_login(member)
    assert client.post(address(member, end), override()).status_code == 403


def test_override_of_staff_is_refused(as_manager):
    assert as_manager.post(address(MemberFactory(role="sales"), "override/"), override()).status_code == 403


def test_override_clear_shows_the_computed_stage_again(as_manager, member):
    replied(member, 3)
    as_manager.post(address(member, "override/"), override())
    drained()

    as_manager.post(address(member, "override/clear/"))
    drain_all()

    assert MemberState.objects.get(member=member).shown_stage == "engagement"


def test_override_refuses_get(as_manager, member):
    assert as_manager.get(address(member, "override/")).status_code == 405
    assert as_manager.get(address(member, "override/clear/")).status_code == 405


def test_override_form_defaults_to_the_current_stage_and_thirty_days(as_manager, member):
    replied(member, 3)
    drained()

    form = as_manager.get(address(member)).context["form"]

    assert (form["stage"].value(), form["days"].value()) == ("engagement", 30)


# Own journey


def test_own_journey_shows_stage_and_reason(client, member):
    bought(member, 5)
    drained()
    client.force_login(member)

    response = client.get(OWN)

    page = response.content.decode()
    assert steps_of(response) == [("conversion", "first_purchase")]
    assert "You recently became a customer." in page
    assert "Who can see this" in page
    assert "rule C1" not in page


def test_own_journey_shows_no_days_for_a_step_of_today(client, member):
    bought(member, 0)
    drained()
    client.force_login(member)

    page = client.get(OWN).content.decode()

    assert ", since " in page
    assert "0 days" not in page


def test_own_journey_is_the_members_own(client, member):
    other = MemberFactory()
    bought(other, 5)
    drained()
    client.force_login(member)

    assert steps_of(client.get(OWN)) == []


def test_own_journey_does_not_name_voters(client, member):
    voter = MemberFactory(display_name="Vera Voter")
    happened(member, "helpful_vote.received", 4, counterpart=voter, topic_id=1)
    replied(member, 3)
    drained()
    client.force_login(member)

    assert "Vera" not in client.get(OWN).content.decode()


def test_own_journey_names_helpers(client, member):
    helper = MemberFactory(display_name="Bruno Keller")
    replied(member, 20)
    happened(member, "question.resolved", 8, counterpart=helper, by=helper.pk, minutes=5, by_staff=False)
    bought(member, 5)
    drained()
    client.force_login(member)

    page = client.get(OWN).content.decode()

    assert "Bruno Keller" in page
    assert "solved one of your questions" in page


def test_own_journey_does_not_name_hidden_topics(client, member):
    hidden = CategoryFactory(groups=[], kind=Category.Kind.QA)
    answer = AnswerFactory(author=member, topic=QuestionFactory(category=hidden, title="A secret"))
    happened(member, "reply.created", 3, words=2, is_answer=True, topic_id=1, about=answer)
    drained()
    client.force_login(member)

    assert "A secret" not in client.get(OWN).content.decode()


def test_own_journey_shows_an_override_without_its_reason(client, member):
    replied(member, 3)
    overrides.set_override(
        member,
        stage="conversion",
        mode="pin",
        reason="Told us in confidence.",
        actor=MemberFactory(role="manager"),
    )
    drained()
    client.force_login(member)

    page = client.get(OWN).content.decode()

    assert "set this status manually" in page
    assert "in confidence" not in page


def test_own_journey_without_events(client, member):
    client.force_login(member)

    assert "No activity yet" in client.get(OWN).content.decode()


def test_own_journey_of_staff_says_there_is_none(client):
    client.force_login(MemberFactory(role="support"))

    assert "Not available for team members" in client.get(OWN).content.decode()


def test_own_journey_redirects_a_visitor_to_log_in(client):
    assert client.get(OWN).status_code == 302
