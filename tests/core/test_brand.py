import re

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from community.core import brand
from community.core.checks import brand_colour_is_readable

colours = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
TOKENS = settings.BASE_DIR / "static/css/tokens.css"


def token(name: str) -> str:
    return re.search(rf"--{name}: (#[0-9a-f]+);", TOKENS.read_text()).group(1)


def test_contrast_of_black_and_white_is_21():
    assert brand.contrast("#000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colour", ["", "teal", "#12", "#12345g", "#1234567", "url(x)"])
def test_parse_refuses_what_is_not_a_colour(colour):
    with pytest.raises(ValueError, match="is not a colour"):
        brand.parse(colour)


@given(colours)
def test_every_brand_colour_becomes_readable_on_both_backgrounds(colour):
    for ground in (brand.LIGHT_GROUND, brand.DARK_GROUND):
        used = brand.readable(colour, ground=ground)

        assert brand.contrast(used, ground) >= brand.AA
        assert brand.contrast(brand.text_on(used), used) >= brand.AA


def test_a_readable_colour_is_unchanged():
    assert brand.readable("#0f766e", ground=brand.LIGHT_GROUND) == "#0f766e"


def test_tokens_match_the_default_colour():
    default = token("brand-light")

    assert brand.stylesheet(default) == (
        f"@layer tokens{{:root{{--brand-light:{default};--brand-dark:{token('brand-dark')};"
        f"--on-brand-light:{token('on-brand-light')};--on-brand-dark:{token('on-brand-dark')}}}}}"
    )


def test_check_refuses_invalid_colours(settings):
    settings.BRAND_COLOUR = "teal"

    assert [message.id for message in brand_colour_is_readable()] == ["core.E001"]


def test_check_warns_when_a_colour_was_adjusted(settings):
    settings.BRAND_COLOUR = "#ffcc00"

    assert [message.id for message in brand_colour_is_readable()] == ["core.I001"]


@pytest.mark.parametrize("colour", ["", "#0f766e"])
def test_check_accepts_a_readable_colour(settings, colour):
    settings.BRAND_COLOUR = colour

    assert brand_colour_is_readable() == []


PAIRS = [
    ("ink", ("page", "surface", "raised", "sunk")),
    ("ink-soft", ("page", "surface", "raised", "sunk")),
    ("success", ("page", "surface", "success-soft")),
    ("warning", ("page", "surface", "warning-soft")),
    ("danger", ("page", "surface", "danger-soft")),
    ("info", ("page", "surface", "info-soft")),
    ("honey", ("page", "surface", "honey-soft")),
    ("stage-discovery", ("page", "surface")),
    ("stage-engagement", ("page", "surface")),
    ("stage-conversion", ("page", "surface")),
    ("stage-relationship", ("page", "surface")),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "grounds"), PAIRS, ids=[text for text, _ in PAIRS])
def test_tokens_pass_wcag_aa_for_text(theme, text, grounds):
    css = TOKENS.read_text()

    def colour(name: str) -> str:
        return re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\);", css).groups()[theme]

    for ground in grounds:
        assert brand.contrast(colour(text), colour(ground)) >= brand.AA, ground
