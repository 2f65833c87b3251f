"""Audit context, enforcement of suspensions and silences, and the admin's content security policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from community.core import redaction
from community.core.audit import audit_context

from . import active_sanctions, suspension_links
from .screening import SILENCED

GetResponse = Callable[[HttpRequest], HttpResponse]

# Namespaces where silenced members may still submit forms: appeals, their settings, their notifications.
ALLOWED_WHEN_SILENCED = ("moderation", "members", "notifications", "account", "mfa", "core")
# These views refuse silenced members themselves, and keep the text in the form.
SELF_CHECKING_VIEWS = ("forum:topic-create", "forum:post-create", "forum:comment-create", "forum:preview")

# The admin theme uses Alpine, which evaluates attributes as code and sets inline styles.
ADMIN_POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class ModerationMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit_context(path=redaction.path(request), address=request.META.get("REMOTE_ADDR", "")):
            response = self._log_out_suspended(request) or self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_replace = ADMIN_POLICY  # type: ignore[attr-defined]
        return response

    def _log_out_suspended(self, request: HttpRequest) -> HttpResponse | None:
        """Log a suspended member out and redirect them to the reason."""
        # request.user loads the session, so skip it for visitors.
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
        """Refuse form submissions by silenced members with the reason; reading is allowed."""
        match = request.resolver_match
        if request.method in ("GET", "HEAD", "OPTIONS") or match is None or not request.user.is_authenticated:
            return None
        namespace = match.namespace or match.view_name.split("_")[0]
        allowed = match.view_name in SELF_CHECKING_VIEWS or namespace in ALLOWED_WHEN_SILENCED
        if not allowed and active_sanctions.is_silenced(request.user):
            raise PermissionDenied(str(SILENCED))
        return None
