from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class OwnTimeZone:
    """Show times in the time zone of whoever is logged in; visitors see the site's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Asking for the user reads the session, so it is not done for visitors.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            with timezone.override(zone_of(request.user.time_zone)):
                return self.get_response(request)
        return self.get_response(request)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; UTC when the world has renamed it meanwhile."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
