from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from community.members.services.visits import note_visit


class OwnTimeZone:
    """Show times in the time zone of whoever is logged in; visitors see the site's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Asking for the user reads the session, so it is not done for visitors.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            with timezone.override(request.user.zone):
                return self.get_response(request)
        return self.get_response(request)


class Visits:
    """Note the visits of members: what they come for is theirs, that they come keeps the place alive."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Whoever did not need the session for the page was not asked for by it either.
        if request.method == "GET" and response.status_code == 200 and _is_known(request):
            note_visit(int(request.user.pk or 0), url=request.path, now=timezone.now())
        return response


def _is_known(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated
