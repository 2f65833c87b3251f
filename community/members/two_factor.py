"""Two-factor authentication for the team: whether this session has used it, and where to set it up or enter a code."""

from __future__ import annotations

from typing import Final

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from community.members.models import Member

# What the team can reach before that: the set-up, confirming their email address for it, and logging out.
VIEWS_WITHOUT: Final = frozenset(
    (
        "account_email",
        "account_logout",
        "account_reauthenticate",
        "core:brand-css",
        "core:demo-progress",
        "core:theme-choose",
        "members:email-confirm",
        "mfa_activate_totp",
        "mfa_reauthenticate",
        "runtime:health",
        "runtime:metrics",
        "runtime:ready",
        "runtime:upload",
    )
)
# Session key of the member who set it up in this session, which counts like entering a code.
SET_UP: Final = "two_factor_set_up_by"


def was_used(request: HttpRequest, member: Member) -> bool:
    """Return whether this session has passed the second factor; only reads the session."""
    if request.session.get(SET_UP) == member.pk:
        return True
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, member))


def note_set_up(request: HttpRequest, member: Member) -> None:
    if request.user == member:
        request.session[SET_UP] = member.pk


def address_for(request: HttpRequest, member: Member) -> str:
    """Return the URL where the member sets it up, or enters a code if it is already set up."""
    if not is_mfa_enabled(member):
        return reverse("mfa_activate_totp")
    query = urlencode({"next": request.get_full_path() if request.method == "GET" else "/"})
    return f"{reverse('mfa_reauthenticate')}?{query}"
