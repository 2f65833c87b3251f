"""System checks of the settings that change how the site looks."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register

from community.core import brand


@register()
def brand_colour_is_readable(**kwargs: Any) -> list[CheckMessage]:
    """E001: not a colour. I001: text in it would be hard to read, and a nearby colour is used."""
    colour = settings.BRAND_COLOUR
    if not colour:
        return []
    try:
        used = brand.readable(colour, ground=brand.LIGHT_GROUND)
    except ValueError as error:
        return [Error(f"BRAND_COLOUR: {error}.", id="core.E001")]
    if used == colour:
        return []
    ratio = brand.contrast(colour, brand.LIGHT_GROUND)
    return [
        Info(
            f"BRAND_COLOUR {colour} has a contrast of {ratio:.1f} to 1 where text needs {brand.AA}; "
            f"{used} is used instead.",
            id="core.I001",
        )
    ]
