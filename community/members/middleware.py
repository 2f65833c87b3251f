from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from community.core import redaction
from community.core.requests import is_person
from community.members.models import Member
from community.members.services.visits import note_visit

# What browsers keep of a member is deleted with their log-out: pages, and drafts in the local storage.
CLEARED = '"cache", "storage"'


class MemberTimeZone:
    """Activate the member's time zone; visitors get the site's. Clear the browser when the member logs out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # request.user loads the session, so skip it for visitors.
        member = get_user(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if not isinstance(member, Member):
            return self.get_response(request)
        request.user = member  # without the lazy object around it, which slows down each access
        with timezone.override(member.zone):
            response = self.get_response(request)
        if not _is_known(request):
            response["Clear-Site-Data"] = CLEARED
        return response


class Visits:
    """Record members' visits, for `last_seen_at` and the daily visit event."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 200 and is_person(request) and _is_known(request):
            note_visit(int(request.user.pk or 0), url=redaction.path(request), now=timezone.now())
        return response


def _is_known(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated
