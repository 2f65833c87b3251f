"""Rate limits in a browser, with and without JavaScript: nothing typed is lost, and the message is shown."""

import pytest
from playwright.sync_api import expect

from tests.factories.forum import AnswerFactory
from tests.factories.members import MemberFactory

SENTENCE = "You have posted a lot in a short time."


@pytest.fixture
def answer(transactional_db, django_db_serialized_rollback):
    return AnswerFactory(topic__title="Why does it drip?")


@pytest.fixture
def reader(answer):
    return MemberFactory(customer_since="2026-01-01")


def test_reply_over_the_limit_keeps_its_text_and_can_be_sent_again(any_page, login, answer, reader, settings):
    settings.RATE_LIMITS = {"posts": "1/hour"}
    login(any_page, reader)
    any_page.goto(answer.topic.get_absolute_url())
    field = any_page.locator("#reply-form [name=source]")
    field.fill("The first of the hour.")
    any_page.locator("#reply-form").get_by_role("button", name="Post your answer").click()
    expect(any_page.locator("article.post", has_text="The first of the hour.")).to_be_visible()

    any_page.locator("#reply-form [name=source]").fill("The second of the hour.")
    any_page.locator("#reply-form").get_by_role("button", name="Post your answer").click()
    expect(any_page.get_by_role("alert")).to_contain_text(SENTENCE)
    expect(any_page.locator("#reply-form [name=source]")).to_have_value("The second of the hour.")
    settings.RATE_LIMITS = {}
    any_page.locator("#reply-form").get_by_role("button", name="Post your answer").click()

    expect(any_page.locator("article.post", has_text="The second of the hour.")).to_be_visible()


def test_like_over_the_limit_shows_a_message_and_keeps_the_button(page, login, answer, reader, settings):
    settings.RATE_LIMITS = {"reactions": "1/hour"}
    login(page, reader)
    page.goto(answer.topic.get_absolute_url())
    post = page.locator(f"#p{answer.pk}")
    post.get_by_role("button", name="Like").click()
    expect(post.get_by_role("button", name="Like, 1 so far")).to_be_visible()

    post.get_by_role("button", name="Like, 1 so far").click()

    expect(page.locator(".toast")).to_contain_text("You have liked and voted a lot in a short time.")
    expect(page.locator(".toast")).to_have_count(1)
    expect(post.get_by_role("button", name="Like, 1 so far")).to_be_visible()


def test_preview_over_the_limit_shows_the_message(page, login, answer, reader, settings):
    settings.RATE_LIMITS = {"previews": "1/hour"}
    login(page, reader)
    page.goto(answer.topic.get_absolute_url())
    field = page.locator("#reply-form [name=source]")
    field.fill("One **word**")
    expect(page.locator("#reply-form [data-preview-of] strong")).to_have_text("word")

    field.fill("Two **words**")

    expect(page.locator("#reply-form [data-preview-of]")).to_contain_text("The preview is paused for")
