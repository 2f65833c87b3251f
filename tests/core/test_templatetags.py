from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.template import Context, Template
from django.test import RequestFactory

from community.core import header
from community.core.templatetags.core import compact, initials

NOW = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)


def draw(source: str, **context: object) -> str:
    return Template(source).render(Context(context)).strip()


def person(**fields):
    return SimpleNamespace(**{"username": "ada", "display_name": "Ada Winter", "avatar": None, **fields})


def test_icon_is_decoration():
    assert draw('{% icon "heart" %}') == (
        '<svg class="icon" aria-hidden="true"><use href="/static/img/icons.svg#heart"/></svg>'
    )


def test_icon_with_a_label_is_read_out():
    assert 'role="img" aria-label="Pinned &lt;here&gt;"' in draw(
        '{% icon "pin" label %}', label="Pinned <here>"
    )


def test_avatar_without_a_picture_shows_initials_in_a_colour_of_its_own():
    html = draw("{% avatar member %}", member=person())

    assert "AW</span>" in html
    assert html == draw("{% avatar member %}", member=person(display_name="Anna Weber"))


def test_avatar_with_a_picture_has_a_fixed_size_and_loads_late():
    member = person(avatar=SimpleNamespace(url="/media/avatars/x.webp"))

    assert draw('{% avatar member "large" %}', member=member) == (
        '<img class="avatar" data-size="large" src="/media/avatars/x.webp" width="64" height="64"'
        ' alt="" loading="lazy">'
    )


def test_avatar_of_nobody_is_blank():
    assert draw("{% avatar member %}", member=None) == (
        '<span class="avatar" data-size="" aria-hidden="true"></span>'
    )


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Winter", "AW"),
        ("ada", "A"),
        ("Jean-Luc de la Tour", "JT"),
        ("«Zoë»", "Z"),
        ("👾", "?"),
        ("<b> x", "X"),
    ],
)
def test_initials(name, letters):
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"), (None, "0"), (999, "999"), (1000, "1k"), (1234, "1.2k"), (9999, "9.9k"), (15_300, "15k"),
        (999_999, "999k"), (1_000_000, "1m"), (2_150_000, "2.1m"), (3_000_000_000, "3b"), (-1500, "-1.5k"),
    ],
)  # fmt: skip
def test_compact(number, written):
    assert compact(number) == written


def test_excerpt_of_html_is_its_text_escaped_once():
    html = "<p>Is <em>5 &lt; 6</em>?</p>\n<p>Yes &amp; no</p>"

    assert draw("{{ html|excerpt }}", html=html) == "Is 5 &lt; 6? Yes &amp; no"
    assert draw("{{ html|excerpt:10 }}", html=html) == "Is 5 &lt;…"


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=1, hours=2), "yesterday"),
        (timedelta(days=5), "5 days ago"),
        (timedelta(days=8), "last week"),
        (timedelta(days=22), "3 weeks ago"),
        (timedelta(days=60), "on May 16"),
        (timedelta(days=400), "on Jun 10, 2025"),
        (-timedelta(minutes=5), "in 5 minutes"),
        (-timedelta(hours=1), "in 1 hour"),
        (-timedelta(days=1), "tomorrow"),
        (-timedelta(days=3), "in 3 days"),
        (-timedelta(days=9), "next week"),
        (-timedelta(days=20), "in 2 weeks"),
    ],
)
def test_ago_says_it_in_words_with_the_full_time_in_the_title(distance, words):
    moment = NOW - distance
    with time_machine.travel(NOW, tick=False):
        html = draw("{% ago moment %}", moment=moment)

    assert html == (
        f'<relative-time datetime="{moment.isoformat(timespec="seconds")}"'
        f' title="{moment.day} {moment:%B %Y, %H:%M} UTC">{words}</relative-time>'
    )


def test_ago_of_never_is_nothing():
    assert draw("{% ago moment %}", moment=None) == ""


@pytest.mark.parametrize(
    ("path", "address", "current"),
    [("/top/", "/top/", True), ("/top/year/", "/top/", True), ("/", "/top/", False), ("/top/", "/", False)],
)
def test_nav_link_marks_the_page_shown(path, address, current):
    request = RequestFactory().get(path)

    html = draw('{% nav_link address "Top" %}', request=request, address=address)

    assert ('aria-current="page"' in html) is current


def test_header_count_is_nothing_until_an_app_brings_it():
    assert draw('{% header_count "parcels" %}', request=RequestFactory().get("/")) == "0"


def test_header_count_asks_the_app_that_brought_it(monkeypatch):
    monkeypatch.setattr(header, "_counters", {})
    header.register("parcels", lambda request: len(request.path))

    assert draw('{% header_count "parcels" %}', request=RequestFactory().get("/abc/")) == "5"
