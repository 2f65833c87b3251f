"""Journeys and advocacy in a browser: accessible, complete without JavaScript, with charts if enabled."""

import pytest

from tests.browser.test_accessibility import assert_accessible
from tests.factories.forum import AnswerFactory, QuestionFactory
from tests.factories.members import CompanyFactory, MemberFactory
from tests.journeys.journey_fixtures import bought, drained, happened, replied

TEAM_PAGES = ["/journeys/", "/journeys/rules/", "/journeys/members/ana/", "/advocacy/"]
OWN_PAGES = ["/me/journey/", "/me/advocacy/"]


@pytest.fixture
def ana():
    """A customer who helps, was helped, shows early signs, and has a manually set stage."""
    ana = MemberFactory(username="ana", display_name="Ana Silva", company=CompanyFactory())
    helper = MemberFactory(display_name="Bruno Keller")
    answer = AnswerFactory(author=ana, topic=QuestionFactory(author=helper, title="Grinder stuck"))
    replied(ana, 70)
    happened(ana, "question.resolved", 60, counterpart=helper, by=helper.pk, minutes=5, by_staff=False)
    bought(ana, 20)
    happened(ana, "answer.accepted", 3, minutes=3, topic_id=1, about=answer, counterpart=helper)
    happened(ana, "review.verified", 8, site="reviews.example")
    happened(ana, "payment.failed", 4)
    happened(ana, "nps.answered", 3, score=2)
    happened(ana, "strike.upheld", 2, severity=1, kind="spam")
    for day in range(3):
        happened(ana, "reply.created", day, words=9, is_answer=True, topic_id=1)
    replied(helper, 50)
    happened(helper, "nps.answered", 5, score=10)
    drained()
    return ana


@pytest.mark.parametrize("path", TEAM_PAGES)
def test_pages_for_the_team_are_accessible(page, login, ana, manager, path):
    login(page, manager)

    assert_accessible(page, path)


@pytest.mark.parametrize("path", OWN_PAGES)
def test_pages_about_oneself_are_accessible(page, login, ana, path):
    login(page, ana)

    assert_accessible(page, path)


@pytest.mark.parametrize("path", [*TEAM_PAGES[:2], "/advocacy/"])
def test_empty_pages_for_the_team_are_accessible(page, login, manager, path):
    login(page, manager)

    assert_accessible(page, path)


@pytest.mark.parametrize("path", OWN_PAGES)
def test_empty_pages_about_oneself_are_accessible(page, login, path):
    login(page, MemberFactory())

    assert_accessible(page, path)


def test_movement_is_drawn_and_follows_the_switch(page, login, ana, manager):
    troubles = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    login(page, manager)
    page.goto("/journeys/")

    page.locator(".chart canvas").wait_for()
    page.get_by_label("Show members who did not move").check()

    assert page.locator(".chart").get_attribute("aria-label").startswith("Stages of members on")
    assert troubles == []


def test_movement_without_scripts_is_a_table(plain_page, login, ana, manager):
    login(plain_page, manager)
    plain_page.goto("/journeys/")

    plain_page.get_by_text("Show data").click()

    assert plain_page.get_by_role("columnheader", name="Relationship").is_visible()
    assert not plain_page.locator(".chart").is_visible()
    assert not plain_page.get_by_text("Show members who did not move").is_visible()


def test_evidence_opens_in_place(any_page, login, ana, manager):
    login(any_page, manager)
    any_page.goto("/journeys/members/ana/")
    step = any_page.locator(".steps > li", has_text="Bought for the first time")

    step.get_by_text("based on 1 event").click()

    assert step.get_by_text("49.00 EUR").last.is_visible()


def test_stage_override_is_set_and_cleared(any_page, login, ana, manager):
    login(any_page, manager)
    any_page.goto("/journeys/members/ana/")
    any_page.get_by_text("Set stage manually").click()
    any_page.get_by_label("Reason").fill("Bought by phone.")
    any_page.get_by_role("button", name="Set stage").click()

    assert any_page.get_by_text("“Bought by phone.”").is_visible()

    any_page.get_by_role("button", name="Remove override").click()

    assert not any_page.get_by_text("“Bought by phone.”").is_visible()
