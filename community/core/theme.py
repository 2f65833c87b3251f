"""Light, dark, or as the system says: a cookie, so that the first byte of a page has the right colours.

Whoever caches whole pages must keep one copy for each `chosen_theme`.
"""

from typing import Final

from django.http import HttpRequest

COOKIE: Final = "theme"
THEMES: Final = ("light", "dark")
YEAR: Final = 365 * 24 * 3600


def chosen_theme(request: HttpRequest) -> str:
    """“light”, “dark”, or “” for as the system says."""
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else ""
