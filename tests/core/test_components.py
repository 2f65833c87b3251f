import math
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone

from community.core.brand import luminance
from community.core.components import HUES, compact, excerpt, hue, icon, initials, picture, relative_time
from community.core.markdown import render
from community.core.rendered_html import beginning_of
from community.members.models import Member

PEOPLE = '{% from "components/people.html" import avatar %}'
NAVIGATION = '{% from "components/navigation.html" import nav_link %}'
MOMENT = datetime(2026, 7, 5, 23, 30, 12, tzinfo=UTC)


def draw(source: str, **context: object) -> str:
    return engines["jinja2"].from_string(source).render(context).strip()


def person(**fields):
    return SimpleNamespace(
        **{"pk": 7, "username": "ada", "display_name": "Ada Winter", "avatar": None, **fields}
    )


def test_icon_is_decoration():
    assert icon("heart") == ('<i class="icon i-heart"></i>')


def test_icon_with_a_label_is_accessible():
    assert 'role="img" aria-label="Pinned &lt;here&gt;"' in icon("pin", "Pinned <here>")


def test_avatar_without_a_picture_shows_initials_in_a_colour_of_its_own():
    html = draw(PEOPLE + "{{ avatar(member) }}", member=person())

    assert "AW</span>" in html
    assert f'data-hue="{hue(7)}"' in html
    assert html == draw(PEOPLE + "{{ avatar(member) }}", member=person(display_name="Anna Weber"))


def test_avatar_without_a_display_name_shows_the_username():
    assert "AD</span>" in draw(PEOPLE + "{{ avatar(member) }}", member=person(display_name=""))


def test_avatar_with_a_picture_has_a_fixed_size_and_loads_lazily():
    member = person(avatar=SimpleNamespace(url="/media/avatars/x.webp"))

    assert draw(PEOPLE + '{{ avatar(member, "large") }}', member=member) == (
        '<img class="avatar" data-size="large" src="/media/avatars/x.webp" width="64" height="64"'
        ' alt="" loading="lazy">'
    )


def test_avatar_without_a_picture_makes_no_file_object():
    member = Member(username="ada")

    assert picture(member) is None
    assert vars(member)["avatar"] == ""


def test_avatar_of_nobody_is_blank():
    assert draw(PEOPLE + "{{ avatar(none) }}") == '<span class="avatar" aria-hidden="true"></span>'


def test_members_who_joined_one_after_another_have_colours_of_their_own():
    hues = [hue(number) for number in range(1000)]

    assert all(len(set(hues[start : start + 24])) == 24 for start in range(1000 - 24))
    assert hue(1007) == hue(1007) != hue(1008)


def luminance_of_oklch(lightness: float, chroma: float, angle: float) -> float:
    """Relative luminance of a colour in sRGB, to which browsers clip it (https://bottosson.github.io/posts/oklab)."""
    a, b = chroma * math.cos(math.radians(angle)), chroma * math.sin(math.radians(angle))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
    )
    red, green, blue = (min(1.0, max(0.0, part)) for part in linear)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_initials_are_readable_on_every_colour_in_light_and_dark():
    css = (settings.BASE_DIR / "static/css/components/people.css").read_text()
    angles = {
        name: float(angle) for name, angle in re.findall(r'data-hue\^="(\w+)"\] \{\s+--hue: (\d+);', css)
    }
    grounds = re.findall(r"(background|color): light-dark\((.+?), (oklch\(.+?\)|#\w+)\);", css)

    def luminance_of(colour: str, angle: float) -> float:
        if colour.startswith("#"):
            return luminance(colour)
        lightness, chroma = re.match(r"oklch\((\d+)% ([\d.]+) var\(--hue\)\)", colour).groups()
        return luminance_of_oklch(int(lightness) / 100, float(chroma), angle)

    ratios = {}
    for background, letters in zip(grounds[::2], grounds[1::2], strict=True):
        for scheme in (1, 2):
            for name, angle in angles.items():
                one, other = sorted(luminance_of(colour[scheme], angle) for colour in (background, letters))
                ratios[name, background[1], scheme] = (other + 0.05) / (one + 0.05)

    assert set(angles) == set(HUES)
    assert len(ratios) == 48
    assert min(ratios.values()) >= 4.5


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Winter", "AW"),
        ("ada", "AD"),
        ("Jean-Luc de la Tour", "JT"),
        ("«Zoë»", "ZO"),
        ("👾", "?"),
        ("<b> x", "X"),
        ("ßen ßon", "SS"),
        ("王伟", "王伟"),
    ],
)
def test_initials(name, letters):
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (None, "0"),
        (999, "999"),
        (1000, "1k"),
        (1234, "1.2k"),
        (9999, "9.9k"),
        (15_300, "15k"),
        (999_999, "999k"),
        (1_000_000, "1m"),
        (2_150_000, "2.1m"),
        (3_000_000_000, "3b"),
        (-1500, "-1.5k"),
    ],
)
def test_compact(number, written):
    assert compact(number) == written


def test_excerpt_of_html_is_its_text_escaped_once():
    html = "<p>Is <em>5 &lt; 6</em>?</p>\n<p>Yes &amp; no</p>"

    assert draw("{{ html|excerpt }}", html=html) == "Is 5 &lt; 6? Yes &amp; no"
    assert draw("{{ html|excerpt(10) }}", html=html) == "Is 5 &lt;…"
    assert excerpt(html, 10) == "Is 5 <…"


def test_excerpt_of_a_formula_is_its_source():
    html = render("So $x^2$ it is", formulas=True).html

    assert excerpt(html) == beginning_of(html, length=100) == "So x^2 it is"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "5 Jul 2026, 23:30"),
        ("Asia/Tokyo", "6 Jul 2026, 08:30"),
    ],
)
def test_relative_time_is_the_absolute_time_in_the_readers_zone(zone, text):
    with timezone.override(zone):
        html = relative_time(MOMENT)

    assert html == (f'<relative-time datetime="2026-07-05T23:30:12Z">{text}</relative-time>')


def test_narrow_times_are_short():
    assert draw("{{ relative_time(moment, narrow=true) }}", moment=MOMENT) == (
        '<relative-time datetime="2026-07-05T23:30:12Z" format-style="narrow" prefix="">5 Jul 2026, 23:30</relative-time>'
    )


def test_relative_time_of_none_is_empty():
    assert relative_time(None) == ""


@pytest.mark.parametrize(
    ("path", "address", "current"),
    [("/top/", "/top/", True), ("/top/year/", "/top/", True), ("/", "/top/", False), ("/top/", "/", False)],
)
def test_nav_link_marks_the_current_page(path, address, current):
    request = RequestFactory().get(path)

    html = draw(NAVIGATION + '{{ nav_link(request, address, "Top") }}', request=request, address=address)

    assert ('aria-current="page"' in html) is current


@pytest.mark.parametrize(("path", "current"), [("/top/", True), ("/top/year/", False)])
def test_exact_nav_link_does_not_mark_subpages(path, current):
    request = RequestFactory().get(path)

    html = draw(NAVIGATION + '{{ nav_link(request, "/top/", "Top", exact=true) }}', request=request)

    assert ('aria-current="page"' in html) is current


@pytest.mark.parametrize(("path", "current"), [("/top/", True), ("/c/machines/", True), ("/badges/", False)])
def test_nav_link_of_a_part_of_the_site_marks_all_its_pages(path, current):
    request = RequestFactory().get(path)

    html = draw(
        NAVIGATION + '{{ nav_link(request, "/latest/", "Topics", within=("/top/", "/c/")) }}', request=request
    )

    assert ('aria-current="page"' in html) is current


@pytest.mark.parametrize(
    ("changes", "query"),
    [
        ("page=2", "?q=a+b&amp;page=2"),
        ("q=none", "?page=3"),
        ("sort='new'", "?q=a+b&amp;page=3&amp;sort=new"),
    ],
)
def test_querystring_keeps_other_parameters(changes, query):
    request = RequestFactory().get("/search/?q=a+b&page=3")

    assert draw("{{ querystring(request, " + changes + ") }}", request=request) == query
