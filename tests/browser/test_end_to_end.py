"""End to end: ask, answer, accept, then the badge and the stage, with a real worker."""

import re

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from community.badges.models import Award
from community.forum.models import Topic
from community.members.models import Member
from community.moderation.models import ReviewItem
from journeys.models import MemberState
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.support import eventually

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("confirmation_is_needed")]
SECONDS = 10


@pytest.fixture
def kitchen(transactional_db, django_db_serialized_rollback):
    return CategoryFactory(name="Brewing", slug="brewing", kind="qa")


def sign_up(page: Page) -> Member:
    page.goto("/accounts/signup/")
    page.get_by_label("Your name").fill("Ada Winter")
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill("a quiet morning with coffee")
    page.get_by_label("I have read and agree").check()
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    page.goto(re.search(r"http://\S+", mail.outbox[0].body).group())
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_label("Account menu")).to_be_visible()
    return Member.objects.get(username="ada-winter")


def ask(page: Page) -> Topic:
    page.goto("/new/?kind=question&category=brewing")
    page.get_by_label("Title").fill("Why is the second cup sour?")
    page.get_by_label("Your post").fill("The first cup is fine, the second is **sour**.")
    page.get_by_role("button", name="Post topic").click()
    expect(page.get_by_role("heading", name="Why is the second cup sour?")).to_be_visible()
    return Topic.objects.get()


def approve(page: Page) -> None:
    """Approve a new member's first post from the review queue."""
    item = ReviewItem.objects.get()
    page.goto("/admin/moderation/reviewitem/")
    page.locator(f"a[href*='/admin/moderation/reviewitem/{item.pk}/']").first.click()
    page.get_by_label("Approve", exact=True).check()
    page.get_by_role("button", name="Save decision").click()
    expect(page.get_by_text("0 review items")).to_be_visible()


def answer(page: Page, topic: Topic) -> None:
    page.goto(topic.get_absolute_url())
    page.get_by_label("Your reply").fill("Grind a little finer for the second cup.")
    page.get_by_role("button", name="Post your answer").click()
    expect(page.get_by_text("Grind a little finer")).to_be_visible()


def test_from_sign_up_to_accepted_answer_badge_and_stage(
    any_page, browser, browser_context_args, login, celery_worker, kitchen
):
    manager_page = browser.new_context(**browser_context_args).new_page()
    peer_page = browser.new_context(**browser_context_args).new_page()
    login(manager_page, MemberFactory(username="mara", role="manager", is_superuser=True))
    peer = MemberFactory(username="ben", display_name="Ben Summer", customer_since="2020-01-01")
    login(peer_page, peer)

    ada = sign_up(any_page)
    topic = ask(any_page)
    approve(manager_page)
    answer(peer_page, topic)
    any_page.goto(topic.get_absolute_url())
    any_page.get_by_role("button", name="Mark as the answer").click()
    expect(any_page.get_by_text("Accepted answer").first).to_be_visible()

    eventually(lambda: Award.objects.filter(member=peer).count() >= 1, seconds=SECONDS)
    any_page.goto("/u/ben/")
    expect(any_page.get_by_role("link", name=re.compile("Teacher|Problem solver")).first).to_be_visible()
    eventually(lambda: MemberState.objects.filter(member=ada, stage="engagement").exists(), seconds=SECONDS)
    manager_page.goto("/journeys/members/ada-winter/")
    step = manager_page.locator(".current-stage")
    expect(step.get_by_text("Engagement").first).to_be_visible()
    step.get_by_text(re.compile(r"Based on \d+ events?")).click()
    expect(step.get_by_text("Why is the second cup sour?").first).to_be_visible()
