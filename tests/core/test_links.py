"""Where links lead, however they are written."""

import pytest

from community.core import links
from community.core.markdown import render

# What browsers take for an address on another host.
ELSEWHERE = [
    "//evil.example/x",
    "///evil.example/x",
    "/\\evil.example/x",
    "\\\\evil.example/x",
    "/\t/evil.example/x",
    " //evil.example/x",
    "https:///evil.example/x",
    "https://evil.example/x",
    "https://club.example@evil.example/x",
    "https://club.example.evil.example/x",
    "https://club.example:8443/x",
    "https:evil.example",
    "https://[evil/x",
    "https://club.example:99999/x",
    "HTTPS://EVIL.EXAMPLE/x",
    "h\nttps://evil.example/x",
    "\x01//evil.example/x",
    "https://club.example%2eevil.example/x",
    "https://xn--clb-3ma.example/x",
    "https://ⅽlub.evil.example",
    "javascript:alert(1)",
    "ftp://club.example/x",
    "mailto:ada@evil.example",
]


@pytest.fixture(autouse=True)
def _club(settings):
    settings.SITE_URL = "https://club.example"


@pytest.mark.parametrize("url", ELSEWHERE)
def test_is_internal_refuses_other_hosts(url):
    assert not links.is_internal(url)


@pytest.mark.parametrize(
    "url",
    [
        "/t/1/x/",
        "#p2",
        "?page=2",
        "",
        "https://club.example",
        "http://CLUB.example/t/1/",
        "//club.example/x",
        "https://ada@club.example/x",
        "https://club.example:443/x",
        "https://club.example./x",
        "https://club%2Eexample/x",
        "https://ｃlub。example/x",
        "https://club.example\\@evil.example/x",
        "https://club.example#@evil.example",
    ],
)
def test_is_internal_accepts_our_pages(url):
    assert links.is_internal(url)


@pytest.mark.parametrize("url", ["/media/a/b.png", "/media/b..c.png", "https://club.example/media/b.png"])
def test_is_upload_accepts_files_below_media(url):
    assert links.is_upload(url)


@pytest.mark.parametrize(
    "url",
    ["/me/", "/media", "/mediator/", "/media/../me/", "/media/%2e%2E/me/", "/media/..\\me/", "//media/x.png"],
)
def test_is_upload_refuses_other_paths(url):
    assert not links.is_upload(url)


def test_hrefs_skips_mentions_and_anchors_without_address():
    html = (
        '<p><a class="mention" href="/u/ada/" rel="nofollow">@ada</a> <a rel="nofollow">x</a>'
        '<a title="a" href="/search/?a=1&amp;b=2">y</a></p>'
    )

    assert links.hrefs(html) == ["/search/?a=1&b=2"]


def test_hrefs_counts_links_whose_titles_look_like_attributes():
    html = render('[x](https://a.example/ "a class=") [y](https://b.example/ "a href=")').html

    assert links.hrefs(html) == ["https://a.example/", "https://b.example/"]
