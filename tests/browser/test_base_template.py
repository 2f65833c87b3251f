"""The base template in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.factories.members import MemberFactory


def theme_of(page: Page) -> str | None:
    return page.locator("html").get_attribute("data-theme")


def test_the_theme_can_be_chosen_and_is_saved(any_page):
    any_page.goto("/guidelines/")
    assert theme_of(any_page) is None

    any_page.get_by_role("button", name="Dark").click()
    expect(any_page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(any_page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    any_page.wait_for_load_state("networkidle")
    any_page.goto("/accounts/login/")
    assert theme_of(any_page) == "dark"

    any_page.get_by_role("button", name="System").click()
    expect(any_page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_the_skip_link_moves_to_the_content(page):
    page.goto("/guidelines/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_a_slash_focuses_the_search_box_except_while_typing(page):
    page.goto("/accounts/login/")

    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()

    page.get_by_label("Email").press_sequentially("a/b")
    expect(page.get_by_label("Email")).to_have_value("a/b")

    page.goto("/")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search topics and answers")).to_be_focused()


def test_messages_and_toasts_are_in_live_regions_and_nothing_moves_if_the_reader_wishes(page, login):
    page.emulate_media(reduced_motion="reduce")
    login(page, MemberFactory())
    page.goto("/me/settings/")
    page.get_by_role("button", name="Save").click()

    # It appears after the page has loaded, so that it is announced.
    message = page.get_by_role("status").filter(has_text="Profile saved.")
    expect(message.get_by_text("Profile saved.")).to_be_visible()
    page.evaluate("document.dispatchEvent(new CustomEvent('toast', {detail: {message: 'Copied.'}}))")
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    moving = """() => {
      const spinner = document.createElement("span");
      spinner.className = "spinner htmx-request";
      document.body.append(spinner);
      const style = getComputedStyle(spinner);
      return [style.animationDuration, style.animationIterationCount];
    }"""
    assert page.evaluate(moving) == ["0.001s", "1"]


def test_a_page_of_our_own_is_shown_offline_and_nothing_that_was_read(page, browser, browser_context_args):
    context = browser.new_context(**{**browser_context_args, "service_workers": "allow"})
    page = context.new_page()
    page.goto("/guidelines/")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")

    context.set_offline(True)
    page.goto("/guidelines/?again")

    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    assert page.locator(".empty .button").first.evaluate("one => getComputedStyle(one).borderRadius") != "0px"
    context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Community guidelines")).to_be_visible()
    kept = "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((one) => one.keys()))))"
    urls = page.evaluate(f"{kept}.then((found) => found.flat().map(({{ url }}) => new URL(url).pathname))")
    assert [url for url in urls if not url.startswith("/static/")] == ["/offline/"]
    context.close()


def test_the_account_menu_opens_and_closes(page, login):
    login(page, MemberFactory(display_name="Ada Winter"))
    page.goto("/guidelines/")

    page.get_by_label("Account menu").click()
    expect(page.get_by_role("link", name="Settings")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Settings")).to_be_hidden()
    expect(page.get_by_label("Account menu")).to_be_focused()

    page.get_by_label("Account menu").click()
    page.locator("h1").click()
    expect(page.get_by_role("link", name="Settings")).to_be_hidden()


def test_log_out_from_the_menu(any_page, login):
    login(any_page, MemberFactory())
    any_page.goto("/guidelines/")

    any_page.get_by_label("Account menu").click()
    any_page.get_by_role("button", name="Log out").click()

    expect(any_page.get_by_role("link", name="Log in")).to_be_visible()


def test_times_are_relative_with_the_full_time_in_the_title(page, login):
    login(page, MemberFactory())

    page.goto("/guidelines/")

    moment = page.locator("relative-time")
    expect(moment).to_contain_text("now")
    expect(moment).to_have_attribute("title", re.compile(r"20\d\d"))


def test_times_are_absolute_without_scripts(plain_page, login):
    login(plain_page, MemberFactory())

    plain_page.goto("/guidelines/")

    expect(plain_page.locator("relative-time")).to_have_text(re.compile(r"^\d+ \w+ 20\d\d, \d\d:\d\d$"))


@pytest.mark.parametrize("path", ["/guidelines/", "/accounts/signup/", "/me/settings/", "/nowhere/"])
def test_nothing_overflows_the_page(page, login, path):
    login(page, MemberFactory(username="x" * 30, display_name="Wolfeschlegelsteinhausenbergerdorff"))
    page.goto(path)

    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})

        assert page.evaluate("document.documentElement.scrollWidth") <= width
