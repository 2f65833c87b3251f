"""The sales desk in a browser, with and without JavaScript."""

import pytest
from playwright.sync_api import expect

from community.forum.models import Post
from community.prospects.models import DeskQuestion
from tests.factories.members import MemberFactory
from tests.factories.prospects import ProspectForumFactory, RosterEntryFactory, a_peer, a_prospect_asks

TITLE = "Which machine suits an office of forty?"


@pytest.fixture
def forum(transactional_db, django_db_serialized_rollback):
    return ProspectForumFactory()


@pytest.fixture
def seller(forum, login, any_page):
    entry = RosterEntryFactory(forum=forum, member__display_name="Jonas Brandt")
    login(any_page, entry.member)
    return entry.member


@pytest.fixture
def question(forum):
    asker = MemberFactory(display_name="Daniel Reyes")
    return a_prospect_asks(forum, author=asker, title=TITLE, minutes_ago=90)


def test_claim_and_answer_a_question(any_page, seller, question):
    any_page.goto("/desk/")
    any_page.get_by_role("button", name="Assign to me").click()
    expect(any_page.get_by_text("Assigned to you", exact=True)).to_be_visible()

    any_page.get_by_label("Your answer").fill("How many cups does the busiest hour see? That decides it.")
    any_page.get_by_role("button", name="Post public answer").click()

    expect(any_page.get_by_text("Answer posted.").first).to_be_visible()
    any_page.goto(question.topic.get_absolute_url())
    expect(any_page.get_by_text("How many cups does the busiest hour see?")).to_be_visible()
    assert Post.objects.get(author=seller).topic == question.topic


def test_a_question_keeps_the_focus_when_it_is_assigned(page, login, forum, question):
    login(page, RosterEntryFactory(forum=forum).member)
    page.goto("/desk/")
    page.get_by_role("button", name="Assign to me").press("Enter")
    card = page.locator(f"#question-{question.pk}")
    expect(card).to_be_focused()

    for _ in range(card.locator("a, button, summary").count()):
        page.keyboard.press("Tab")
        if page.get_by_label("Your answer").evaluate("field => field === document.activeElement"):
            break

    expect(page.get_by_label("Your answer")).to_be_focused()


def test_hand_over_to_a_colleague_with_a_note(any_page, seller, question, forum):
    RosterEntryFactory(forum=forum, member__display_name="Amara Okafor")
    any_page.goto(f"/desk/{question.pk}/")
    any_page.get_by_role("button", name="Assign to me").click()
    expect(any_page.get_by_text("Assigned to you", exact=True)).to_be_visible()

    any_page.get_by_text("Assign to a colleague").click()
    any_page.get_by_label("Colleague").select_option(label="Amara Okafor")
    any_page.get_by_label("Note").fill("He asked about leasing, too.")
    any_page.get_by_role("button", name="Assign", exact=True).click()

    expect(any_page.get_by_text("This question is assigned to Amara Okafor.")).to_be_visible()
    assert str(DeskQuestion.objects.get().claimed_by) == "Amara Okafor"


def test_a_refused_answer_stays_in_the_form(any_page, seller, question):
    any_page.goto(f"/desk/{question.pk}/")
    any_page.get_by_role("button", name="Assign to me").click()
    expect(any_page.get_by_text("Assigned to you", exact=True)).to_be_visible()
    pitch = "Buy it here and now: https://shop.example.com/checkout/bar"

    any_page.get_by_label("Your answer").fill(pitch)
    any_page.get_by_role("button", name="Post public answer").click()

    expect(any_page.get_by_text("checkout").first).to_be_visible()
    expect(any_page.get_by_label("Your answer")).to_have_value(pitch)
    assert not Post.objects.filter(author=seller).exists()


def test_peers_go_first_so_a_fresh_question_cannot_be_taken(any_page, seller, forum):
    a_peer(customer_since="2020-01-01")
    a_prospect_asks(forum, title=TITLE, minutes_ago=5)
    any_page.goto("/desk/")

    any_page.get_by_role("link", name="Customers first 1").click()

    expect(any_page.get_by_role("link", name=TITLE)).to_be_visible()
    expect(any_page.get_by_text("Customers first until")).to_be_visible()
    expect(any_page.get_by_role("button", name="Assign to me")).to_have_count(0)


def test_why_this_stage_opens_in_place(any_page, seller, question):
    any_page.goto("/desk/")

    any_page.get_by_role("link", name="Why this stage?").click()

    expect(any_page.get_by_text("Daniel Reyes").first).to_be_visible()
    expect(any_page.get_by_role("heading", level=1)).to_be_visible()
