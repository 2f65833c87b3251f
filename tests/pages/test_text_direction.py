"""Right-to-left names and titles do not reorder the text around them, on any page."""

import re

import pytest
from lxml import html

from community.core.text import isolated
from tests.factories.members import MemberFactory
from tests.site_pages import PAGES, furnish

pytestmark = pytest.mark.django_db

HEBREW = re.compile("[\u0590-\u05ff]")
IN_ISOLATES = re.compile("\u2068[^\u2068\u2069]*\u2069")


def named(word):
    """Return a name with letters of both directions that ends in characters that would jump to the other side."""
    return f"שלום {word} (עולם)!"


@pytest.fixture(scope="module")
def community(module_db):
    return furnish(lambda what, most: named(what))


def reordered(response):
    """Return the texts on a page that are not isolated but may share a line with others."""
    page = html.fromstring(response.content.decode())
    found = []
    for node in page.cssselect("body")[0].iter():
        if not isinstance(node.tag, str) or node.tag in ("script", "textarea", "title"):
            continue
        for text, element in ((node.text, node), (node.tail, node.getparent())):
            left = IN_ISOLATES.sub("", text or "")
            if HEBREW.search(left) and not is_isolated(element):
                found.append(f"<{element.tag} class={element.get('class')}> {' '.join(left.split())}")
        attributes = (node.get(name) or "" for name in ("title", "aria-label", "alt"))
        found += [f"{node.tag}: {one}" for one in attributes if HEBREW.search(IN_ISOLATES.sub("", one))]
    return found


def is_isolated(element):
    if (
        element.tag in ("bdi", "option") or element.get("dir") == "auto"
    ):  # an option is a paragraph of its own
        return True
    return any(one.get("class") in ("avatar", "diff", "prose") for one in (element, *element.iterancestors()))


@pytest.mark.parametrize("reader", PAGES)
def test_names_and_titles_are_isolated_on_every_page(client, community, reader):
    if reader != "visitor":
        client.force_login(community.ada if reader == "member" else MemberFactory(role="manager"))

    found, shown = {}, 0
    for path in PAGES[reader]:
        if path.startswith(("/admin", "/styleguide")):
            continue
        response = client.get(path.format(**community.values), follow=True)
        shown += bool(HEBREW.search(response.content.decode()))
        if wrong := reordered(response):
            found[path] = wrong

    assert found == {}
    assert shown >= 8


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("Ada Winter", "Ada Winter"),
        ("Zoë 🫖 漢字", "Zoë 🫖 漢字"),
        ("שלום", "\u2068שלום\u2069"),
        ("Ada مرحبا!", "\u2068Ada مرحبا!\u2069"),
        ("a\u202eb", "\u2068a\u202eb\u2069"),
        ("", ""),
    ],
)
def test_isolated_encloses_text_with_right_to_left_letters(text, result):
    assert isolated(text) == result
