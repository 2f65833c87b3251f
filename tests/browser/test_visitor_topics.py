"""A stranger asks before they have an account, with and without JavaScript."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from community.forum.models import Topic
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.factories.prospects import ProspectForumFactory, RosterEntryFactory

from .test_accessibility import assert_accessible

pytestmark = pytest.mark.usefixtures("confirmation_is_needed")
TITLE, TEXT = "Which grinder for an office of ten?", "Ten people, two kinds of beans, and no noise."
PASSWORD = "a quiet morning with coffee"


@pytest.fixture
def forum(transactional_db, django_db_serialized_rollback):
    category = CategoryFactory(name="Before you buy", slug="before-you-buy", kind="prospect")
    return RosterEntryFactory(forum=ProspectForumFactory(category=category)).forum


def write(page):
    page.goto("/prospects/")
    page.get_by_label("What would you like to know?").fill(TITLE)
    page.get_by_role("button", name="Ask before you buy").click()
    expect(page.get_by_label("Title")).to_have_value(TITLE)
    page.get_by_label("Your post").fill(TEXT)


def log_in(page, member):
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_label("Account menu")).to_be_visible()


def member(**fields):
    found = MemberFactory(password=PASSWORD, customer_since="2026-01-01", **fields)
    found.emailaddress_set.create(email=found.email, verified=True, primary=True)
    return found


def test_a_stranger_asks_signs_up_and_posts(any_page, forum):
    write(any_page)
    any_page.get_by_role("button", name="Sign up to post").click()
    any_page.get_by_label("Your name").fill("Ada Winter")
    any_page.get_by_label("Email").fill("ada@example.com")
    any_page.get_by_label("Password").fill(PASSWORD)
    any_page.get_by_label("I have read and agree").check()
    any_page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(any_page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    any_page.goto(re.search(r"http://\S+", mail.outbox[0].body).group())
    any_page.get_by_role("button", name="Confirm").click()

    expect(any_page.get_by_label("Title")).to_have_value(TITLE)
    expect(any_page.get_by_label("Your post")).to_have_value(TEXT)
    any_page.get_by_role("button", name="Post topic").click()

    expect(any_page.get_by_role("heading", name=TITLE)).to_be_visible()
    assert Topic.objects.get().author.email == "ada@example.com"


def test_what_a_visitor_writes_stays_in_their_tab(page, forum):
    write(page)
    page.reload()
    expect(page.get_by_label("Your post")).to_have_value(TEXT)

    other = page.context.new_page()
    other.goto("/new/")
    expect(other.get_by_label("Your post")).to_have_value("")

    # Whoever logs in in another tab does not get it; in the same tab, it is restored.
    other.goto("/accounts/login/")
    log_in(other, member(username="bo"))
    other.goto("/new/")
    expect(other.get_by_label("Your post")).to_have_value("")
    page.goto("/new/")
    expect(page.get_by_label("Your post")).to_have_value(TEXT)


def test_what_a_visitor_sent_is_for_who_logs_in_from_there_only(page, forum):
    write(page)
    page.get_by_role("button", name="Log in to post").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()

    page.goto("/accounts/login/")
    log_in(page, member(username="bo"))
    page.goto("/new/?kept=1")

    expect(page.get_by_label("Your post")).to_have_value("")
    assert (
        page.evaluate("[...Object.values(localStorage), ...Object.values(sessionStorage)].join()").find(TEXT)
        == -1
    )


@pytest.mark.parametrize("path", ["/prospects/", "/c/before-you-buy/", "/new/?category=before-you-buy"])
def test_pages_to_ask_on_are_accessible_to_visitors(page, forum, path):
    assert_accessible(page, path)
