"""The journey map and the rules, and who may see them."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.template.loader import get_template
from django.test.utils import CaptureQueriesContext
from django.utils.formats import date_format

from community.moderation.services import sanctions
from journeys.models import MemberState, Ruleset
from journeys.reports import overview
from journeys.services import dirty, rulesets, shards
from tests.counting import queries_of
from tests.factories.forum import TopicFactory
from tests.factories.members import CompanyFactory, MemberFactory
from tests.forum.pages import page, texts

from .journey_fixtures import bought, drained, happened, replied

pytestmark = pytest.mark.django_db
MAP, RULES = "/journeys/", "/journeys/rules/"
MEMBERS = "/journeys/members/?stage=engagement"
AT_RISK = "/journeys/members/?stage=relationship&at_risk=1"


@pytest.fixture(params=["manager", "moderator", "sales", "support", "product"])
def team(request, client):
    client.force_login(MemberFactory(role=request.param))
    return client


@pytest.mark.parametrize("address", [MAP, RULES, MEMBERS])
def test_pages_of_the_team_are_for_every_role(team, address):
    assert team.get(address).status_code == 200


@pytest.mark.parametrize("address", [MAP, RULES, MEMBERS])
def test_pages_of_the_team_refuse_a_member_with_a_message(client, address):
    client.force_login(MemberFactory())

    response = client.get(address)

    assert response.status_code == 403
    assert "Only the team can see" in response.content.decode()


@pytest.mark.parametrize("address", [MAP, RULES, "/journeys/members/"])
def test_pages_of_the_team_redirect_a_visitor_to_log_in(client, address):
    response = client.get(address)

    assert (response.status_code, response.url) == (302, f"/accounts/login/?next={address}")


@pytest.mark.parametrize("address", [MAP, RULES, MEMBERS])
def test_pages_of_the_team_refuse_post(as_manager, address):
    assert as_manager.post(address).status_code == 405


# The map


def test_journey_map_counts_all_members(as_manager):
    replied(MemberFactory(), 3)
    bought(MemberFactory(), 2)
    drained()

    context = as_manager.get(MAP).context

    assert [(count.key, count.members) for count in context["counts"]] == [
        ("discovery", 0),
        ("engagement", 1),
        ("conversion", 1),
        ("relationship", 0),
    ]
    assert context["everybody"] == 2


def test_journey_map_has_movement_chart_and_table(as_manager):
    member = MemberFactory()
    replied(member, 60)
    bought(member, 5)
    drained()

    response = as_manager.get(MAP)

    assert response.context["sankey"]["links"] == [
        {"source": "then engagement", "target": "now conversion", "value": 1, "kind": "forward"}
    ]
    page = response.content.decode()
    assert '<script id="sankey-data" type="application/json">' in page
    assert '<b class="numbers">1</b> of 1 member joined or changed' in page
    assert page.count("<tr>") >= 6


def test_journey_map_shows_recent_moves_with_reasons(as_manager):
    member = MemberFactory(display_name="Ana Silva")
    bought(member, 2)
    drained()

    page = as_manager.get(MAP).content.decode()

    row = member.stage_history.get(exited_on=None)
    assert f'<a href="/journeys/members/{member.username}/#step-{row.pk}" dir="auto">Ana Silva</a>' in page
    assert row.sentence in page


def test_journey_map_funnel_is_monotonic_and_shows_open_members(as_manager):
    for ago in (3, 20, 300):
        replied(MemberFactory(), ago)
    bought(MemberFactory(), 2)
    drained()

    steps = as_manager.get(MAP).context["funnel"].steps

    assert [step.reached for step in steps] == [4, 4, 1, 0]
    assert [step.open for step in steps] == [0, 0, 2, 1]
    assert [step.lost for step in steps] == [0, 0, 1, 0]
    assert [step.drawn_open for step in steps] == [4, 4, 3, 1]


@pytest.mark.parametrize(("seen", "members"), [("30", 1), ("90", 2), ("365", 3), ("all", 4)])
def test_journey_map_funnel_of_a_period(as_manager, seen, members):
    for ago in (5, 60, 200, 800):
        replied(MemberFactory(), ago)
    drained()

    assert as_manager.get(MAP, {"seen": seen}).context["funnel"].members == members


def test_journey_map_of_an_unknown_period_is_404(as_manager):
    assert as_manager.get(MAP, {"seen": "7"}).status_code == 404


def test_journey_map_shows_the_number_of_dirty_members(as_manager):
    member = MemberFactory()
    replied(member, 1)
    drained()
    dirty.mark_members([member.pk])

    assert as_manager.get(MAP).context["waiting"] == 1


def test_journey_map_without_members_shows_an_empty_state(as_manager):
    assert "No members yet" in as_manager.get(MAP).content.decode()


def test_journey_map_counts_again_after_a_drain(as_manager, django_capture_on_commit_callbacks):
    member = MemberFactory()
    replied(member, 3)
    with django_capture_on_commit_callbacks(execute=True):
        drained()
    before = as_manager.get(MAP).context
    bought(member, 1)
    with django_capture_on_commit_callbacks(execute=True):
        drained()

    after = as_manager.get(MAP).context

    assert [count.members for count in before["counts"]] == [0, 1, 0, 0]
    assert [count.members for count in after["counts"]] == [0, 0, 1, 0]
    assert [step.reached for step in before["funnel"].steps] == [1, 1, 0, 0]
    assert [step.reached for step in after["funnel"].steps] == [1, 1, 1, 0]
    assert before["movement"].totals == [0, 1, 0, 0]
    assert after["movement"].totals == [0, 0, 1, 0]


def test_journey_map_does_not_count_again_while_nothing_changes(as_manager):
    replied(MemberFactory(), 3)
    drained()
    as_manager.get(MAP)

    with CaptureQueriesContext(connection) as queries:
        as_manager.get(MAP)

    assert not [query for query in queries if "WITH lives" in (query["sql"] or "")]


def test_journey_map_takes_the_same_queries_for_one_and_three(as_manager):
    counts = set()
    for _ in range(3):
        bought(MemberFactory(), 2)
        drained()
        counts.add(queries_of(as_manager, MAP))

    assert len(counts) == 1


# The rules


def test_rule_list_shows_the_live_numbers(as_manager):
    live = rulesets.live_ruleset()
    draft = Ruleset.objects.create(version=2, rules={**live.rules, "R3": {"days": 45}})
    rulesets.publish_ruleset(draft, actor=MemberFactory(role="manager"))

    response = as_manager.get(RULES)

    said = {rule: when for rule, _, when in response.context["rules"]}
    assert said["R3"] == "45 days since a purchase that was not refunded."
    assert said["E2"] == "At least 20 interest points within 30 days."
    assert [one.version for one in response.context["versions"]] == [1]
    assert "Version 2, in force" in response.content.decode()


def test_rule_list_has_every_rule_of_the_engine(as_manager):
    member = MemberFactory()
    replied(member, 400)
    bought(member, 350)
    happened(member, "subscription.upgraded", 20, external_id="order-1")
    happened(member, "purchase.refunded", 2, cents=4900, external_id="order-1", full=True)
    drained()

    named = {rule for rule, _, _ in as_manager.get(RULES).context["rules"]}

    assert set(member.stage_history.values_list("rule", flat=True)) <= named


def test_rule_list_labels_the_points(as_manager):
    points = {what: (given, a_day) for what, given, a_day in as_manager.get(RULES).context["points"]}

    assert points["asked for a demo"] == (20, None)
    assert points["read a topic"] == (0.1, 50)
    assert "had an idea shipped" not in points  # passive, so it gives none


def test_journey_map_is_as_of_today(as_manager):
    assert as_manager.get(MAP).context["as_of"] == shards.today()
    assert as_manager.get(MAP).context["movement"].since == shards.today() - timedelta(days=30)


def test_managers_find_where_to_change_the_rules(as_manager, client):
    (link,) = page(as_manager.get(RULES)).cssselect(".page-head .button")

    assert as_manager.get(link.get("href")).status_code == 200
    client.force_login(MemberFactory(role="sales"))
    assert page(client.get(RULES)).cssselect(".page-head .button") == []


# The members in a stage


def test_member_list_shows_who_is_in_a_stage_and_its_parts(as_manager):
    early, late = MemberFactory(display_name="Early"), MemberFactory(display_name="Late")
    replied(early, 20)
    replied(late, 3)
    bought(MemberFactory(), 5)
    drained()
    MemberState.objects.filter(member=late).update(sub_stage="evaluating", at_risk=True)

    def names(more: str) -> list[str]:
        return texts(as_manager.get(MEMBERS + more), "main .person-name")

    assert names("") == ["Late", "Early"]
    assert names("&sub_stage=evaluating") == names("&at_risk=1") == ["Late"]


def test_member_list_says_where_in_the_stage_and_when_last_active(as_manager):
    replied(MemberFactory(), 3)
    drained()
    MemberState.objects.update(last_active_on=date(2026, 5, 3))

    row = texts(as_manager.get(MEMBERS), "main .row .cluster")

    assert row == ["exploring new Last active on 3 May 2026"]


def test_the_dormant_are_called_so_once(as_manager):
    replied(MemberFactory(), 3)
    drained()
    MemberState.objects.update(sub_stage="dormant", activity="dormant", last_active_on=None)

    assert texts(as_manager.get(MEMBERS), "main .row .cluster") == ["dormant"]


def test_a_share_below_one_per_cent_is_not_called_none():
    counts = [
        overview.StageCount("engagement", "Engagement", members, (), 0, 0, members / 300)
        for members in (0, 1)
    ]

    html = get_template("journeys/_board.html").render({"counts": counts, "everybody": 300})

    assert re.findall(r"(\S+)% of 300", html) == ['small">0', 'small">&lt;1']


def test_member_list_is_linked_where_members_are_counted(as_manager):
    replied(MemberFactory(), 3)
    drained()
    MemberState.objects.update(at_risk=True)

    links = page(as_manager.get(MAP)).cssselect(".stage-card[data-stage=engagement] a")

    assert [as_manager.get(link.get("href")).status_code for link in links] == [200, 200, 200]
    assert links[1].get("href") == f"{MEMBERS}&at_risk=1"


def test_member_list_says_why_someone_is_at_risk_and_what_to_do_next(as_manager):
    counts = []
    for name in ("Ann", "Ben"):
        member = MemberFactory(display_name=name)
        bought(member, 60)
        happened(member, "nps.answered", 5, score=2)
        happened(member, "payment.failed", 4)
        question = TopicFactory(author=member, kind="question", title=f"Does anyone help {name}?")
        drained()
        counts.append(queries_of(as_manager, AT_RISK))

    response = as_manager.get(AT_RISK)

    day = date_format(shards.today() - timedelta(days=4), "j F Y")
    assert f"A payment failed since {day}" in texts(response, "main .stage-risk")
    assert len(texts(response, "main .stage-risk")) == 4
    (link,) = page(response).cssselect(f'main .row a[href="{question.get_absolute_url()}"]')
    assert link.text_content() == "Answer “Does anyone help Ben?”"
    assert counts[0] == counts[1]


def test_the_journey_of_a_member_at_risk_begins_with_the_reasons_and_what_to_answer(as_manager):
    member = MemberFactory()
    bought(member, 60)
    happened(member, "nps.answered", 5, score=2)
    happened(member, "payment.failed", 4)
    question = TopicFactory(author=member, kind="question")
    drained()

    main = page(as_manager.get(f"/journeys/members/{member.username}/")).cssselect("main")[0]

    (alert,) = main.cssselect(".alert")
    assert [link.get("href") for link in alert.cssselect("p a")] == [question.get_absolute_url()]
    assert len(alert.cssselect(".risks > li")) == len(main.cssselect(".risks > li")) == 2


def test_member_list_excludes_the_suspended(as_manager, manager):
    member = MemberFactory()
    replied(member, 3)
    drained()
    sanctions.impose(member, actor=manager, kind="suspension", rule="spam", reason="Spam")

    assert texts(as_manager.get(MEMBERS), "main .person-name") == []


def test_member_list_shows_who_belongs_to_a_company(as_manager):
    company = CompanyFactory(name="Rossio Roasters", slug="rossio")
    for name in ("Carla", "Rui"):
        replied(MemberFactory(display_name=name, company=company), 3)
    replied(MemberFactory(display_name="Somebody else"), 3)
    drained()

    response = as_manager.get("/journeys/members/?company=rossio")

    assert texts(response, "main h1") == ["Rossio Roasters"]
    assert sorted(texts(response, "main .person-name")) == ["Carla", "Rui"]


def test_member_list_of_a_company_is_for_the_team_and_404_if_unknown(client, as_manager):
    assert as_manager.get("/journeys/members/?company=nowhere").status_code == 404

    client.force_login(MemberFactory())
    assert client.get("/journeys/members/?company=nowhere").status_code == 403


@pytest.mark.parametrize("query", ["", "?stage="])
def test_member_list_without_a_stage_redirects_to_the_map(as_manager, query):
    assert as_manager.get(f"/journeys/members/{query}").url == MAP


@pytest.mark.parametrize("query", ["?stage=nowhere", "?stage=engagement&sub_stage=nowhere"])
def test_member_list_of_an_unknown_stage_is_404(as_manager, query):
    assert as_manager.get(f"/journeys/members/{query}").status_code == 404


def test_member_list_takes_the_same_queries_for_one_and_three(as_manager):
    counts = set()
    for _ in range(3):
        replied(MemberFactory(), 3)
        drained()
        counts.add(queries_of(as_manager, MEMBERS))

    assert len(counts) == 1
