"""A session ends while a page is open: log in in another tab, and continue without losing anything."""

import re

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Page, expect

from community.forum.models import Post
from community.qa.models import Vote
from tests.factories.forum import AnswerFactory
from tests.factories.members import MemberFactory

PASSWORD = "a quiet morning walk"


@pytest.fixture
def answer(transactional_db, django_db_serialized_rollback):
    return AnswerFactory(topic__title="Why does it drip?")


@pytest.fixture
def reader(answer):
    member = MemberFactory(customer_since="2026-01-01", email="ada@acme.example", password=PASSWORD)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


def log_in_again(page: Page) -> None:
    dialog = page.get_by_role("dialog", name="Log in to continue")
    expect(dialog).to_be_visible()
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="Log in in a new tab").click()
    tab = opened.value
    tab.get_by_label("Email").fill("ada@acme.example")
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(tab.get_by_role("heading", name="You are logged in again")).to_be_visible()
    tab.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(dialog).to_have_count(0)


def test_reply_vote_and_preview_continue_after_logging_in_again(page: Page, login, answer, reader):
    login(page, reader)
    page.goto(answer.topic.get_absolute_url())
    page.get_by_label("Your reply").fill("Clean the valve.")

    page.context.clear_cookies()
    page.get_by_role("button", name="Post your answer").click()
    expect(page.locator("#reply-form input[type=password]")).to_have_count(0)
    expect(page.get_by_label("Your reply")).to_have_value("Clean the valve.")
    log_in_again(page)
    expect(page.locator("#posts .prose").last).to_have_text("Clean the valve.")
    assert Post.objects.get(source="Clean the valve.").author == reader

    page.context.clear_cookies()
    page.locator(f"#p{answer.pk} .votes button").first.click()
    log_in_again(page)
    expect(page.locator(f"#p{answer.pk} .votes [aria-pressed=true][name=unvote]")).to_have_count(1)
    assert Vote.objects.filter(member=reader).count() == 1

    page.context.clear_cookies()
    page.get_by_label("Your reply").press_sequentially("some `code`")
    expect(page.locator(".preview")).to_contain_text(
        "You have been logged out. What you typed is still here."
    )
    expect(page.get_by_role("dialog")).to_have_count(0)
    login(page, reader)
    page.get_by_label("Your reply").press_sequentially(" more")
    expect(page.locator(".preview code")).to_have_text("code")


def test_a_new_token_is_enough_after_logging_in_elsewhere(page: Page, login, answer, reader):
    login(page, reader)
    page.goto(answer.topic.get_absolute_url())
    page.get_by_label("Your reply").fill("Clean the valve.")
    page.context.clear_cookies()
    other = page.context.new_page()
    login(other, reader)
    other.goto("/")

    page.get_by_role("button", name="Post your answer").click()

    expect(page.locator("#posts .prose").last).to_have_text("Clean the valve.")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_someone_else_cannot_continue(page: Page, login, answer, reader):
    login(page, reader)
    page.goto(answer.topic.get_absolute_url())
    page.get_by_label("Your reply").fill("Clean the valve.")
    page.context.clear_cookies()
    login(page, MemberFactory())

    page.get_by_role("button", name="Post your answer").click()

    expect(page.get_by_text(re.compile("This browser is now logged in to another account"))).to_be_visible()
    assert not Post.objects.filter(source="Clean the valve.").exists()
