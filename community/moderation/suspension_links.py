"""Signed links that let suspended members read the reason and appeal without logging in."""

from __future__ import annotations

from django.core import signing
from django.urls import reverse

from community.members.models import Member

SALT = "moderation.suspended"
MAX_AGE = 7 * 86_400  # seconds


def address_for(member: Member) -> str:
    return reverse("moderation:suspended", args=[signing.dumps(member.pk, salt=SALT)])


def member_of(token: str) -> Member | None:
    """Return the member a link was made for; None if it is forged or expired."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    member: Member | None = Member.objects.filter(pk=pk).first()
    return member
