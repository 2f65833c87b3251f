"""axe finds no serious issue on any page, in light and dark mode, on phone and desktop."""

from functools import cache

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.factories.members import MemberFactory
from tests.site_pages import PAGES, furnish

SCHEMES, WIDTHS = ("light", "dark"), (390, 1280)
# What depends on the colour scheme; all else is the same in dark mode.
COLOURS = ["color-contrast", "link-in-text-block"]
# After switching, colours are painted two frames later; some change slowly.
SERIOUS_PROBLEMS = """async (options) => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const transitions = () => document.getAnimations().filter((one) => one instanceof CSSTransition);
  while (transitions().length) await Promise.allSettled(transitions().map((one) => one.finished));
  const { violations } = await axe.run(options);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target[0]} (${node.failureSummary})`));
}"""
OPEN_MENUS = "document.querySelectorAll('details').forEach((details) => { details.open = true })"


@cache
def axe() -> str:
    return Axe().axe_script


def serious_problems(page: Page, rules: list[str] | None = None) -> list[str]:
    """Return what axe finds, by these rules or all."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    # What axe loads beforehand it puts into <style>, which the site's policy forbids; no rule of ours needs it.
    options = {"resultTypes": ["violations"], "preload": False, "rules": {"target-size": {"enabled": True}}}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    found: list[str] = page.evaluate(SERIOUS_PROBLEMS, options)
    return found


def problems_of(page: Page, path: str) -> dict[tuple[str, int], list[str]]:
    """Check the page in light and dark mode on phone and desktop, with its menus open."""
    found = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        # The admin looks at the colour scheme only when it loads.
        if scheme == SCHEMES[0] or path.startswith("/admin/"):
            response = page.goto(path)
            assert response.status == (404 if path == "/nowhere/" else 200), path
            page.evaluate(OPEN_MENUS)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            rules = COLOURS if scheme == "dark" else None
            found[scheme, width] = serious_problems(page, rules)
    return {sight: problems for sight, problems in found.items() if problems}


def assert_accessible(page: Page, *paths: str) -> None:
    found = {path: problems_of(page, path) for path in paths}

    assert {path: problems for path, problems in found.items() if problems} == {}


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
def community(transactional_db, django_db_serialized_rollback):
    return furnish(source=PROSE)


def walks(size: int = 7) -> list[tuple[str, list[str]]]:
    """Return all pages by reader, a few at a time, so that the runs of several test processes end together."""
    return [
        (reader, paths[start : start + size])
        for reader, paths in PAGES.items()
        for start in range(0, len(paths), size)
    ]


@pytest.mark.parametrize(("reader", "paths"), walks())
def test_pages_are_accessible(page, login, community, reader, paths):
    if reader != "visitor":
        login(page, community.ada if reader == "member" else MemberFactory(role="manager"))

    assert_accessible(page, *(path.format(**community.values) for path in paths))


def test_a_form_with_errors(page):
    page.goto("/accounts/signup/")
    page.evaluate("document.querySelector('main form').noValidate = true")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()

    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})

            assert serious_problems(page) == []
