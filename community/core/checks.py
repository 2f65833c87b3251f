"""System checks of settings that a person writes."""

import sys
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register, run_checks

from community.core import brand, rate_limits

SETTINGS = "settings"


@register(SETTINGS)
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


@register(SETTINGS)
def rate_limits_are_known(**kwargs: Any) -> list[CheckMessage]:
    """E002: RATE_LIMITS names a limit that does not exist, or a rate that cannot be read."""
    problems = []
    for name, rates in settings.RATE_LIMITS.items():
        if name not in rate_limits.NAMED:
            names = ", ".join(rate_limits.NAMED)
            problems.append(f"there is no rate limit “{name}”; there are {names}")
            continue
        try:
            rate_limits.rates_of(rate_limits.NAMED[name])
        except ValueError:
            problems.append(f"“{rates}” is no rate; one is “10/minute; 120/hour”")
    return [Error(f"RATE_LIMITS: {problem}.", id="core.E002") for problem in problems]


def exit_on_errors() -> None:
    """Exit if the settings have errors. Commands do this themselves; servers call it when they start."""
    errors = [str(message.msg) for message in run_checks(tags=[SETTINGS]) if message.is_serious()]
    if errors:
        sys.exit("\n".join(errors))
