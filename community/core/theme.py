"""The colour theme, in a cookie so that the first paint is right.

Caches of whole pages must vary by `chosen_theme`.
"""

from typing import Final

from django.http import HttpRequest

COOKIE: Final = "theme"
THEMES: Final = ("light", "dark")
YEAR: Final = 365 * 24 * 3600


def chosen_theme(request: HttpRequest) -> str:
    """Return “light”, “dark”, or “” for the system's setting."""
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else ""
