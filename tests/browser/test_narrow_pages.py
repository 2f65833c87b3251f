"""No page scrolls sideways on the narrowest phone, whatever its text, and every page is reachable there."""

import pytest
from playwright.sync_api import Page, expect

from tests.factories.forum import TopicFactory
from tests.factories.members import MemberFactory
from tests.site_pages import PAGES, furnish

WIDTH = 320
# The most that a row in a list of topics, and the name of the site, may be high.
ROW, LINE = 96, 30
HEIGHTS = """() => {
  const of = (selector) => [...document.querySelectorAll(selector)].map((element) => element.offsetHeight);
  return { rows: of("main .topic-row:has(> .topic-figures)"), name: of(".brand span") };
}"""


def unbroken(length: int) -> str:
    """A word without a place to break it, in wide letters."""
    return "W" * length


def name(what: str, most: int) -> str:
    return f"Coffee {unbroken(most - 7)}" if "question" in what else unbroken(most)


def a_text() -> str:
    long = unbroken(300)
    cells = "|".join(unbroken(40) for _ in range(8))
    table = f"|{cells}|\n{'|-' * 8}|\n|{cells}|"
    return (
        f"# {long}\n\n{long} *{long}* `{long}` [{long}](https://example.com/{long}) https://example.com/{long}\n\n"
        f"> > > > > > {long}\n\n- - - - - {long}\n\n{table}\n\n```\n{long}\n```\n\n1000000000. {long}\n\n![{long}](/nothing.png)"
    )


@pytest.fixture
def community(transactional_db, django_db_serialized_rollback):
    """Everything as long as allowed, without spaces."""
    return furnish(name, source=a_text())


def test_no_page_scrolls_sideways_at_320_pixels_and_rows_of_topics_are_low(page, login, community, settings):
    settings.SITE_NAME = "The community of Wolfeschlegelsteinhausen and sons"
    page.set_viewport_size({"width": WIDTH, "height": 800})
    wide, high, rows = {}, {}, 0
    for reader, paths in PAGES.items():
        if reader != "visitor":
            login(page, community.ada if reader == "member" else MemberFactory(role="manager", is_staff=True))
        for path in paths:
            if path.startswith("/admin"):  # Unfold's
                continue
            page.goto(path.format(**community.values))
            if (width := page.evaluate("document.documentElement.scrollWidth")) > WIDTH:
                wide[f"{reader}: {path}"] = (width, culprits(page))
            heights = page.evaluate(HEIGHTS)
            rows += len(heights["rows"])
            if max(heights["rows"], default=0) > ROW or max(heights["name"], default=0) > LINE:
                high[f"{reader}: {path}"] = heights

    assert (wide, high) == ({}, {})
    assert rows > 10


def culprits(page: Page) -> list[str]:
    """Return elements whose text overflows, unless they scroll by themselves."""
    return page.evaluate("""() => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found = new Set();
      while (texts.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(texts.currentNode);
        const parent = texts.currentNode.parentElement;
        if (range.getBoundingClientRect().right > innerWidth + 1 && !parent.closest("pre, table, .table-scroll, .tabs"))
          found.add(`${parent.tagName.toLowerCase()}.${parent.className} in .${parent.parentElement.className}`);
      }
      return [...found].slice(0, 6);
    }""")


def test_every_page_of_the_navigation_is_reachable_on_a_phone(page, login, community):
    page.set_viewport_size({"width": 390, "height": 800})
    login(page, MemberFactory(role="manager", is_staff=True))
    page.goto("/latest/")
    menu, bar = page.get_by_role("navigation", name="Main"), page.get_by_role("navigation", name="Shortcuts")

    # A tap anywhere on a row opens its topic.
    meta = page.locator(".topic-row .meta").first.bounding_box()
    page.mouse.click(meta["x"] + meta["width"] / 2, meta["y"] + meta["height"] / 2)
    expect(page.locator("main h1")).to_contain_text("Coffee")
    page.go_back()
    expect(bar.get_by_role("link")).to_have_text(["Desk", "Search", "Ask", "Notifications", "You"])
    page.get_by_role("button", name="Menu", exact=True).press("Enter")
    expect(menu.get_by_role("link", name="Journeys")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="Journeys")).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    menu.get_by_role("link", name="Ask sales").click()

    expect(page.get_by_role("heading", name="Ask before you buy")).to_be_visible()
    expect(page.get_by_role("heading", name="What others asked")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(bar).to_be_hidden()
    expect(menu.get_by_role("link", name="Journeys")).to_be_in_viewport(ratio=1)


def test_pages_fit_on_a_phone_at_twice_its_size(page, login, transactional_db, django_db_serialized_rollback):
    """With words of ordinary length; buttons and labels break onto two lines."""
    community = furnish()
    page.set_viewport_size({"width": 195, "height": 422})
    wide = {}
    for reader, paths in PAGES.items():
        if reader != "visitor":
            login(page, community.ada if reader == "member" else MemberFactory(role="manager"))
        for path in (
            path.format(**community.values) for path in paths if path not in ("/admin/", "/styleguide/")
        ):
            page.goto(path)
            if (width := page.evaluate("document.documentElement.scrollWidth")) > 195:
                wide[f"{reader}: {path}"] = (width, culprits(page))

    assert wide == {}


def test_posts_clip_marks_that_would_cover_what_is_above(
    page, transactional_db, django_db_serialized_rollback
):
    page.goto(TopicFactory().get_absolute_url())

    text = page.locator(".post .prose")

    assert text.evaluate("element => getComputedStyle(element).overflow") == "clip"
