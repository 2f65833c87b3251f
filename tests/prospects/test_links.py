"""Links in Markdown: finding them, external ones, and checkout links."""

import pytest

from community.prospects.links import external_links, find_links, has_checkout_link
from community.prospects.models import checkout_words


@pytest.mark.parametrize(
    ("source", "links"),
    [
        ("No links.", []),
        ("See https://a.example/x.", ["https://a.example/x."]),
        ("See <https://a.example/x>.", ["https://a.example/x"]),
        ("[this](https://a.example/x) and [that](/t/1/x/)", ["https://a.example/x", "/t/1/x/"]),
        ("WWW.a.example", ["WWW.a.example"]),
        ('<a href="https://a.example/x">x</a>', ["https://a.example/x"]),
        ("<a href=/t/1/x/>x</a>", ["/t/1/x/"]),
        ("mail@a.example", []),
        ("a/b/c", []),
    ],
)
def test_find_links_finds_links(source, links):
    assert find_links(source) == links


@pytest.mark.parametrize(
    ("link", "leads_away"),
    [
        ("https://shop.example/x", True),
        ("www.shop.example", True),
        ("https://club.example/t/1/", False),
        ("https://CLUB.example/t/1/", False),
        ("https://club.example.evil.example/", True),
        ("[t](/t/1/x/)", False),
        ("www.club.example", True),
        ("[x](//evil.example)", True),
        ("[x](<//evil.example>)", True),
        ("[x]\n\n[x]: //evil.example", True),
        ('<a href="//evil.example">x</a>', True),
        ("<a href='/\\evil.example'>x</a>", True),
        ('<a href="/t/1/x/">x</a>', False),
        ("https://club.example@evil.example/", True),
    ],
)
def test_external_links_are_those_to_other_hosts(settings, link, leads_away):
    settings.SITE_URL = "https://club.example"

    assert bool(external_links(link)) is leads_away


@pytest.mark.parametrize(
    "link",
    [
        "https://shop.example/cart",
        "https://shop.example/Checkout?x=1",
        "https://cart.shop.example/",
        "https://shop.example/x?next=basket",
        "https://shop.example/#buy-now",
        "www.shop.example/order",
        "[x](/cart/)",
        '<a href="/cart/">x</a>',
    ],
)
def test_has_checkout_link_matches_parts_of_the_url(link):
    assert has_checkout_link(f"Here: {link}", checkout_words())


@pytest.mark.parametrize(
    "source",
    ["Put it into the cart.", "https://shop.example/cartoons", "https://shop.example/reorder", "/checkout"],
)
def test_has_checkout_link_only_matches_whole_words_in_links(source):
    assert not has_checkout_link(source, checkout_words())


def test_has_checkout_link_uses_the_words_of_the_forum():
    link = "https://shop.example/kasse"

    assert not has_checkout_link(link, checkout_words())
    assert has_checkout_link(link, ["Kasse"])
    assert not has_checkout_link("https://shop.example/cart", [])
