"""Handle forms and scripts on pages whose session has ended in the meantime.

Scripts get a dialog that offers to log in, and the page keeps what was typed. A plain form is kept and shown again
once the same member has logged in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from community.core import rate_limits, unsent

# Tells our scripts to retry after logging in or with a new CSRF token.
HEADER: Final = "X-Session-Ended"


class SessionEnded:
    """Respond to forms and scripts that would be redirected to the log-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code < 400 and request.user.is_authenticated:
            unsent.forget(request)
        if response.status_code != 302 or request.user.is_authenticated:
            return response
        log_in = reverse("account_login")
        if urlsplit(response["Location"]).path != log_in or request.path.startswith("/accounts/"):
            return response
        if is_from_script(request):
            return answer_script(request, status=401)
        return _ask_to_log_in(request) if _keep(request) else response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the page has expired, and offer to send the form again with a new token.

    Only forms from this site are shown again, so that another site cannot get its request confirmed with a click here.
    """
    form = unsent.of(request) if _is_own(request) else None
    if _is_own(request) and is_from_script(request):
        return answer_script(request, status=403)
    if form and not request.user.is_authenticated and _keep(request):
        return _ask_to_log_in(request)
    if form and unsent.shown_to(request) not in (str(request.user.pk), unsent.VISITOR):
        form = None
    return render(request, "403_csrf.html", {"unsent": form}, status=403)


def is_from_script(request: HttpRequest) -> bool:
    """Return whether a script sent the request, which would mistake a log-in page for the response."""
    headers = request.headers
    return (
        "HX-Request" in headers
        or headers.get("Sec-Fetch-Dest") == "empty"
        or headers.get("Accept", "").startswith("application/json")
    )


def answer_script(request: HttpRequest, *, status: int) -> HttpResponse:
    sentence = _("You have been logged out. What you typed is still here.")
    response: HttpResponse
    if request.headers.get("Accept", "").startswith("application/json"):
        response = JsonResponse({"detail": sentence}, status=status)
    else:
        response = render(request, "members/_session_ended.html", {"sentence": sentence}, status=status)
    response[HEADER] = "1"
    response["Cache-Control"] = "no-store"
    return response


def _ask_to_log_in(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("You have been logged out. Log in to send what you typed."))
    return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('members:unsent')})}")


def _keep(request: HttpRequest) -> bool:
    form = unsent.of(request)
    if form is None or unsent.shown_to(request) == unsent.VISITOR:
        return False
    try:
        rate_limits.hit(rate_limits.UNSENT_FORMS, request)
    except rate_limits.RateLimited:
        return False
    unsent.keep(request, form)
    return True


def _is_own(request: HttpRequest) -> bool:
    """Return whether the form came from a page of this site, as far as the browser says."""
    own = f"{request.scheme}://{request.get_host()}"
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    return origin == own if origin else site == "same-origin"
