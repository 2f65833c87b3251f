"""Keep what a visitor wrote until they have signed up or logged in, and then for that account.

Until then it is in the session, for an hour, and belongs to nobody. It is handed over to the account with the email
address that was entered in the sign-up or log-in form reached from the draft. Anyone else who logs in with this browser
does not get it, and it is deleted. A new account gets it when it is made, so the link in the confirmation email may be
opened in another browser.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from allauth.account.models import EmailAddress
from django.http import HttpRequest
from django.utils import timezone

from community.core.mailboxes import canonical_address

from .models import Member, VisitorDraft

KEY: Final = "visitor_draft"
WAITS_FOR: Final = 3600  # seconds


def keep(request: HttpRequest, *, address: str, fields: Mapping[str, str]) -> None:
    """Keep a visitor's text in the session; `address` is the page that will show it after the log-in."""
    if request.session.is_empty():
        request.session.set_expiry(WAITS_FOR)
    request.session[KEY] = {
        "address": address,
        "fields": dict(fields),
        "email": "",
        "at": int(time.time()),
    }


def note_email(request: HttpRequest, email: str) -> None:
    """Note who is signing up or logging in to post the draft, if the form was reached from there."""
    found = request.session.get(KEY)
    if found and request.POST.get("next") == found["address"]:
        request.session[KEY] = {**found, "email": canonical_address(email)}


def hand_over(request: HttpRequest, member: Member) -> None:
    """Give the session's draft to the member if they have the address that was noted, and else delete it."""
    found = request.session.pop(KEY, None)
    if not found:
        return
    request.session.set_expiry(None)
    if time.time() - found["at"] <= WAITS_FOR and _has_address(member, found["email"]):
        values = {"address": found["address"], "fields": found["fields"], "kept_at": timezone.now()}
        VisitorDraft.objects.update_or_create(member=member, defaults=values)


def of(member: Member) -> VisitorDraft | None:
    return VisitorDraft.objects.current().filter(member=member).first()


def forget(member: Member) -> None:
    VisitorDraft.objects.filter(member=member).delete()


def _has_address(member: Member, email: str) -> bool:
    if not email:
        return False
    return email == member.email or EmailAddress.objects.filter(user=member, email=email).exists()
