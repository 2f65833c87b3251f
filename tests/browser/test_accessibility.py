"""axe finds no serious issue on any page, in light and dark mode, on phone and desktop."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from community.core.markdown import render
from tests.factories.forum import CategoryFactory, PostFactory, TagFactory, TopicFactory
from tests.factories.members import MemberFactory

VISITOR_PAGES = [
    "/",
    "/latest/",
    "/hot/",
    "/top/",
    "/unanswered/",
    "/c/machines/",
    "/t/{topic}/",
    "/tags/",
    "/tags/steam/",
    "/search/?q=coffee",
    "/search/",
    "/u/ada/",
    "/badges/",
    "/guidelines/",
    "/prospects/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/nowhere/",
]
MEMBER_PAGES = [
    "/",
    "/new/?kind=question",
    "/t/{topic}/",
    "/p/{answer}/flag/",
    "/posts/{post}/edit/",
    "/posts/{post}/history/",
    "/u/ada/",
    "/me/",
    "/me/journey/",
    "/me/advocacy/",
    "/me/notifications/",
    "/me/settings/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
]
STAFF_PAGES = [
    "/",
    "/t/{topic}/",
    "/desk/",
    "/journeys/",
    "/journeys/rules/",
    "/journeys/members/ada/",
    "/advocacy/",
    "/u/ada/",
    "/admin/",
    "/styleguide/",
]
SCHEMES, WIDTHS = ("light", "dark"), (390, 1280)
SIGHTS = [(scheme, width) for scheme in SCHEMES for width in WIDTHS]


def serious_problems(page: Page) -> list[str]:
    # After switching, colours are painted two frames later.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    # What axe loads beforehand it puts into <style>, which the site's policy forbids; no rule of ours needs it.
    options = {"resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{problem['id']}: {node['target'][0]} ({node['failureSummary'].splitlines()[-1].strip()})"
        for problem in found
        if problem["impact"] in ("serious", "critical")
        for node in problem["nodes"]
    ]


def assert_accessible(page: Page, path: str) -> None:
    """Check the page in light and dark mode on phone and desktop, with its menus open."""
    for scheme in SCHEMES:
        # Reload, because colours are in transition right after a switch.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        response = page.goto(path)
        assert response.status in (200, 404 if path == "/nowhere/" else 200)
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})

            assert serious_problems(page) == [], f"{path}, {scheme}, {width} pixels wide"


PROSE = """# Hello

Some *prose* with [a link](https://example.com), `code` and @bo.

> A quotation

| a | b |
|--:|:--|
| 1 | 2 |

```python
def brew(cups: int = 2) -> str:  # not too hot
    return "espresso"
```
"""


@pytest.fixture
def ada():
    return MemberFactory(
        username="ada",
        display_name="Ada Winter",
        bio_html="<p>I roast.</p>",
        last_seen_at=timezone.now() - timedelta(days=2),
    )


@pytest.fixture
def places(ada):
    """A question by Ada with an accepted answer; returns the values for the URLs above."""
    html = render(PROSE).html
    category = CategoryFactory(name="Machines", slug="machines")
    topic = TopicFactory(
        category=category,
        author=ada,
        kind="question",
        title="Is coffee from the wand cold?",
        opening__source=PROSE,
        opening__html=html,
    )
    topic.tags.add(TagFactory(name="steam"))
    bo = MemberFactory(username="bo", display_name="Bo Summer", role="support")
    answer = PostFactory(topic=topic, author=bo, kind="answer", source=PROSE, html=html)
    return {"topic": topic.pk, "post": topic.posts.order_by("pk").first().pk, "answer": answer.pk}


@pytest.mark.parametrize("path", VISITOR_PAGES)
def test_pages_for_visitors(page, places, path):
    assert_accessible(page, path.format(**places))


@pytest.mark.parametrize("path", MEMBER_PAGES)
def test_pages_for_members(page, login, places, ada, path):
    login(page, ada)

    assert_accessible(page, path.format(**places))


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_pages_for_the_team(page, login, places, path):
    login(page, MemberFactory(username="max", display_name="Max Moderator", role="manager"))

    assert_accessible(page, path.format(**places))


def test_a_form_with_errors(page):
    page.goto("/accounts/signup/")
    page.evaluate("document.querySelector('main form').noValidate = true")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()

    for scheme, width in SIGHTS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})

        assert serious_problems(page) == []
