"""The theme of the admin: settings for django-unfold, made from the brand."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy

from community.core import brand

TEAL = "#0f766e"
# The warm greys of tokens.css.
GREYS = {
    "50": "#faf7f2",
    "100": "#f3eee6",
    "200": "#e8e1d6",
    "300": "#d3cabd",
    "400": "#aea59b",
    "500": "#7d746a",
    "600": "#665e56",
    "700": "#4a433d",
    "800": "#2f2a26",
    "900": "#1f1c1a",
    "950": "#151311",
}
# Parts of the brand colour in white, and then in black.
TINTS = {"50": 7, "100": 13, "200": 26, "300": 45, "400": 68}
SHADES = {"700": 86, "800": 72, "900": 58, "950": 42}


def unfold_settings(*, site_name: str, colour: str) -> dict[str, Any]:
    """Return UNFOLD for a site of this name and brand colour (empty: ours)."""
    return {
        "SITE_TITLE": site_name,
        "SITE_HEADER": site_name,
        "SITE_SUBHEADER": gettext_lazy("Administration"),
        "SITE_URL": "/",
        "SITE_ICON": _logo,
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _logo}],
        "SHOW_HISTORY": False,
        "SHOW_VIEW_ON_SITE": True,
        "BORDER_RADIUS": "10px",
        "STYLES": [_stylesheet],
        "COLORS": {"base": GREYS, "primary": _scale(colour or TEAL), "font": _FONT},
        "DASHBOARD_CALLBACK": "community.moderation.dashboard.fill",
        "SIDEBAR": {
            "show_search": True,
            "command_search": False,
            "show_all_applications": False,
            "navigation": "community.moderation.dashboard.sidebar",
        },
    }


_FONT = {
    "subtle-light": "var(--color-base-600)",
    "subtle-dark": "var(--color-base-400)",
    "default-light": "var(--color-base-700)",
    "default-dark": "var(--color-base-300)",
    "important-light": "var(--color-base-950)",
    "important-dark": "var(--color-base-50)",
}


def _scale(colour: str) -> dict[str, str]:
    """Eleven steps: 600 reads on light ground, 500 on dark. A system check reports what is not a colour."""
    try:
        brand.parse(colour)
    except ValueError:
        colour = TEAL
    light = brand.readable(colour, ground=brand.LIGHT_GROUND)
    return {
        **{step: f"color-mix(in oklab, {light} {part}%, white)" for step, part in TINTS.items()},
        "500": brand.readable(colour, ground=brand.DARK_GROUND),
        "600": light,
        **{step: f"color-mix(in oklab, {light} {part}%, black)" for step, part in SHADES.items()},
    }


def _logo(request: HttpRequest) -> str:
    return static("img/favicon.svg")


def _stylesheet(request: HttpRequest) -> str:
    return static("css/admin.css")
