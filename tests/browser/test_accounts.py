"""Sign-up and log-in in a browser, with and without JavaScript."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from community.members.models import Member
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.usefixtures("confirmation_is_needed")
PASSWORD = "a quiet morning with coffee"


def test_from_sign_up_to_the_first_page(any_page):
    any_page.goto("/")
    any_page.get_by_role("banner").get_by_role("link", name="Sign up").click()
    any_page.get_by_label("Your name").fill("Ada Winter")
    any_page.get_by_label("Email").fill("ada@example.com")
    any_page.get_by_label("Password").fill(PASSWORD)
    any_page.get_by_label("I have read and agree").check()
    any_page.get_by_role("main").get_by_role("button", name="Sign up").click()

    expect(any_page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    any_page.goto(re.search(r"http://\S+", mail.outbox[0].body).group())
    any_page.get_by_role("button", name="Confirm").click()

    expect(any_page.get_by_label("Account menu")).to_be_visible()
    assert Member.objects.get().username == "ada-winter"


def test_sign_up_checks_the_username_while_typing(page):
    MemberFactory(username="ada")
    page.goto("/accounts/signup/")

    page.get_by_label("Your name").press_sequentially("Ada")
    expect(page.get_by_role("status").filter(has_text="Your username will be @ada-2")).to_be_visible()

    page.get_by_label("Username").press_sequentially("ada")
    expect(page.get_by_role("status").filter(has_text="@ada is taken")).to_be_visible()


def test_log_in(any_page):
    MemberFactory(email="ada@example.com", password=PASSWORD).emailaddress_set.create(
        email="ada@example.com", verified=True, primary=True
    )
    any_page.goto("/accounts/login/?next=/guidelines/")

    any_page.get_by_label("Email").fill("ada@example.com")
    any_page.get_by_label("Password").fill(PASSWORD)
    any_page.get_by_role("main").get_by_role("button", name="Log in").click()

    expect(any_page.get_by_role("heading", name="Community guidelines")).to_be_visible()
    expect(any_page.get_by_label("Account menu")).to_be_visible()


def test_a_profile_with_a_picture(any_page, login):
    member = MemberFactory(username="ada", display_name="Ada Winter")
    login(any_page, member)
    any_page.goto("/me/settings/")

    any_page.get_by_label("Picture (optional)").set_input_files("tests/browser/face.png")
    any_page.get_by_label("About you").fill("I *roast*.")
    any_page.get_by_label("Time zone").select_option("Europe/Brussels")
    any_page.get_by_role("button", name="Save").click()

    expect(any_page.get_by_text("Profile saved.")).to_be_visible()
    member.refresh_from_db()
    assert (member.bio_html, member.time_zone) == ("<p>I <em>roast</em>.</p>\n", "Europe/Brussels")
    assert member.avatar.name.endswith(".webp")
