import time
from collections.abc import Callable
from typing import Any

from allauth.mfa.signals import authenticator_added
from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from community.core import disk, redaction
from community.core.requests import is_person
from community.members import two_factor, visitor_drafts
from community.members.models import Member
from community.members.requests import member_of
from community.members.services.visits import note_visit

# On log-out, browsers delete what they keep of a member: cached pages, and drafts in local storage.
CLEARED = '"cache", "storage"'


# Session key of the time of last use, in seconds, and how often it is written within the idle time.
SEEN = "seen_at"
WRITES_WHILE_IDLE = 24


class MemberTimeZone:
    """Activate the member's time zone; visitors get the site's.

    End idle sessions. Clear the browser's data when the member logs out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without a session cookie there is nothing to load.
        member = get_user(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else AnonymousUser()
        request.user = member  # without the lazy object around it, which slows down each access
        if not isinstance(member, Member):
            return self.get_response(request)
        if _is_idle(request, member):
            request.session.flush()
            request.user = AnonymousUser()
            return self.get_response(request)
        with timezone.override(member.zone):
            response = self.get_response(request)
        if not _is_known(request):
            response["Clear-Site-Data"] = CLEARED
        elif request.method == "POST" or is_person(request):
            _note_use(request, member)
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


class TeamTwoFactor:
    """Lock out team members until they have set up two-factor authentication and used it in this session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        if not settings.TEAM_TWO_FACTOR or not _is_known(request):
            return None
        member = member_of(request)
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not member.is_team or two_factor.was_used(request, member) or name in two_factor.VIEWS_WITHOUT:
            return None
        address = two_factor.address_for(request, member)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": address})
        return redirect(address)


def idle_seconds(member: Member) -> int:
    """Return how long the member's sessions may be idle."""
    hours: int = settings.TEAM_SESSION_IDLE_HOURS if member.is_team else settings.SESSION_IDLE_HOURS
    return hours * 3600


def _is_idle(request: HttpRequest, member: Member) -> bool:
    seen = request.session.get(SEEN)
    return seen is not None and time.time() - seen > idle_seconds(member)


def _note_use(request: HttpRequest, member: Member) -> None:
    """Save now and then that the session is in use, because each save writes to the database."""
    idle, now = idle_seconds(member), int(time.time())
    seen = request.session.get(SEEN)
    if (seen is not None and now - seen < idle // WRITES_WHILE_IDLE) or disk.is_low():
        return
    request.session[SEEN] = now
    request.session.set_expiry(idle)


@receiver(user_logged_in)
def note_log_in(request: HttpRequest, **kwargs: Any) -> None:
    request.session[SEEN] = int(time.time())


@receiver(user_logged_in)
def hand_over_draft(request: HttpRequest, user: Member, **kwargs: Any) -> None:
    visitor_drafts.hand_over(request, user)


@receiver(authenticator_added)
def note_set_up(request: HttpRequest, user: Member, **kwargs: Any) -> None:
    two_factor.note_set_up(request, user)
