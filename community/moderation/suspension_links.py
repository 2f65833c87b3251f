"""Signed addresses that let a suspended person read why, and answer, without being logged in."""

from __future__ import annotations

from django.core import signing
from django.urls import reverse

from community.members.models import Member

SALT = "moderation.suspended"
SECONDS = 7 * 86_400


def address_for(member: Member) -> str:
    return reverse("moderation:suspended", args=[signing.dumps(member.pk, salt=SALT)])


def member_of(token: str) -> Member | None:
    """Return whose link it is; None for one that is not ours or a week old."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return None
    member: Member | None = Member.objects.filter(pk=pk).first()
    return member
