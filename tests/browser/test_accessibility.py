"""axe finds nothing serious on any page, in light and dark, on a phone and on a desk."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.factories.members import MemberFactory

VISITOR_PAGES = [
    "/", "/guidelines/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/badges/", "/nowhere/",
]  # fmt: skip
MEMBER_PAGES = [
    "/", "/me/settings/", "/me/notifications/", "/u/ada/", "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/",
]  # fmt: skip
SIGHTS = [(scheme, width) for scheme in ("light", "dark") for width in (390, 1280)]


def serious_problems(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{problem['id']}: {node['target'][0]} ({node['failureSummary'].splitlines()[-1].strip()})"
        for problem in found
        if problem["impact"] in ("serious", "critical")
        for node in problem["nodes"]
    ]


def assert_accessible(page: Page, path: str) -> None:
    """Look at the page as four readers would see it, with its menus open."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    for scheme, width in SIGHTS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})

        assert serious_problems(page) == [], f"{path}, {scheme}, {width} pixels wide"


@pytest.mark.parametrize("path", VISITOR_PAGES)
def test_pages_for_visitors(page, path):
    assert_accessible(page, path)


@pytest.mark.parametrize("path", MEMBER_PAGES)
def test_pages_for_members(page, login, path):
    login(page, MemberFactory(username="ada", display_name="Ada Winter"))

    assert_accessible(page, path)


def test_a_form_with_mistakes(page):
    page.goto("/accounts/signup/")
    page.evaluate("document.querySelector('main form').noValidate = true")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()

    for scheme, width in SIGHTS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})

        assert serious_problems(page) == []
