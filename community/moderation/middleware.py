"""Where an act comes from, what suspended and silenced members meet, and the admin's own content policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from community.core.audit import happening

from . import active_sanctions, suspension_links
from .screening import SILENCED

GetResponse = Callable[[HttpRequest], HttpResponse]

# Where a silenced member may still write: answers to decisions, their own settings, their notifications.
WRITTEN_BY_THE_SILENCED = ("moderation", "members", "notifications", "account", "mfa", "core")
# These say no by themselves, with the text still in the form.
SAYS_NO_ITSELF = ("forum:topic-create", "forum:post-create", "forum:comment-create", "forum:preview")

# Alpine, which the admin's theme is built on, compiles its attributes and sets styles on elements.
ADMIN_POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class ModerationMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with happening(path=request.path, address=request.META.get("REMOTE_ADDR", "")):
            response = self._shown_out(request) or self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_replace = ADMIN_POLICY  # type: ignore[attr-defined]
        return response

    def _shown_out(self, request: HttpRequest) -> HttpResponse | None:
        """End the session of a suspended member, and show them why."""
        # Asking for the user reads the session, so it is not done for visitors.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        if not request.user.is_authenticated or not active_sanctions.is_suspended(request.user):
            return None
        address = suspension_links.address_for(request.user)
        logout(request)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": address})
        return redirect(address)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Members who are silenced read; what they may not do is refused with the reason."""
        match = request.resolver_match
        if request.method in ("GET", "HEAD", "OPTIONS") or match is None or not request.user.is_authenticated:
            return None
        allowed = match.view_name in SAYS_NO_ITSELF or (match.namespace or match.view_name.split("_")[0]) in (
            WRITTEN_BY_THE_SILENCED
        )
        if not allowed and active_sanctions.is_silenced(request.user):
            raise PermissionDenied(str(SILENCED))
        return None
