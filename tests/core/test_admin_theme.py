import pytest

from community.core import brand
from community.core.admin_theme import TEAL, unfold_settings


def primary(colour):
    return unfold_settings(site_name="Caravan", colour=colour)["COLORS"]["primary"]


def test_the_admin_is_named_after_the_site():
    settings = unfold_settings(site_name="Kaffeehaus", colour="")

    assert (settings["SITE_TITLE"], settings["SITE_HEADER"]) == ("Kaffeehaus", "Kaffeehaus")


def test_the_admin_has_the_default_colour_without_a_brand_colour():
    assert primary("")["600"] == brand.readable(TEAL, ground=brand.LIGHT_GROUND)


@pytest.mark.parametrize("colour", ["#0f766e", "#ffcc00", "#1a1a2e", "#e11d48"])
def test_the_colour_is_readable_in_light_and_dark_mode(colour):
    scale = primary(colour)

    assert brand.contrast(scale["600"], brand.LIGHT_GROUND) >= brand.AA
    assert brand.contrast(scale["500"], brand.DARK_GROUND) >= brand.AA


def test_an_invalid_colour_falls_back_to_the_default():
    assert primary("teal-ish") == primary(TEAL)


def test_the_colour_scale_is_complete():
    steps = ["50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950"]

    assert sorted(primary(""), key=int) == steps
