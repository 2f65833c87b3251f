import pytest

from community.core import brand
from community.core.admin_theme import TEAL, unfold_settings


def primary(colour):
    return unfold_settings(site_name="Caravan", colour=colour)["COLORS"]["primary"]


def test_the_admin_is_named_after_the_site():
    settings = unfold_settings(site_name="Kaffeehaus", colour="")

    assert (settings["SITE_TITLE"], settings["SITE_HEADER"]) == ("Kaffeehaus", "Kaffeehaus")


def test_the_admin_has_our_colour_when_the_site_names_none():
    assert primary("")["600"] == brand.readable(TEAL, ground=brand.LIGHT_GROUND)


@pytest.mark.parametrize("colour", ["#0f766e", "#ffcc00", "#1a1a2e", "#e11d48"])
def test_the_colour_reads_on_light_and_on_dark(colour):
    scale = primary(colour)

    assert brand.contrast(scale["600"], brand.LIGHT_GROUND) >= brand.AA
    assert brand.contrast(scale["500"], brand.DARK_GROUND) >= brand.AA


def test_a_colour_that_is_none_leaves_the_admin_in_ours():
    assert primary("teal-ish") == primary(TEAL)


def test_the_scale_has_every_step_of_the_theme():
    steps = ["50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950"]

    assert sorted(primary(""), key=int) == steps
