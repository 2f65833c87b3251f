from datetime import datetime

from allauth.account import app_settings as account_settings
from allauth.account.models import EmailAddress
from django.core import signing
from django.db import transaction
from django.utils import timezone

from community.events.catalogue import MEMBER_REGISTERED
from community.events.services.recording import record
from community.members import names
from community.members.models import Guidelines, Member
from community.members.services.guidelines import accept_guidelines


def free_username(display_name: str) -> str:
    """Suggest a free username based on the name. It is not reserved: someone else may take it first."""
    base = names.suggest_username(display_name, taken=())
    stem = base[: names.USERNAME_MAX - 5]
    alike = Member.objects.filter(username__istartswith=stem).values_list("username", flat=True)
    return names.suggest_username(display_name, taken={name.lower() for name in alike})


@transaction.atomic
def register(
    member: Member,
    *,
    guidelines: Guidelines | None,
    source: str = "signup",
    invite_id: int | None = None,
    now: datetime | None = None,
) -> Member:
    """Save a new or newly claimed account, and the member's consent to the guidelines they were shown."""
    now = now or timezone.now()
    member.claimed_at = now
    member.is_private = False
    member.save()
    record(
        MEMBER_REGISTERED,
        actor=member,
        subject=member,
        occurred_at=now,
        source=source,
        invite_id=invite_id,
        guidelines_version=guidelines.version if guidelines else None,
    )
    if guidelines is not None:
        accept_guidelines(member, guidelines=guidelines, now=now)
    return member


def confirmed_address(key: str) -> EmailAddress | None:
    """Return the confirmed address that a confirmation link was for, however old; None if there is none."""
    try:
        pk = signing.loads(key, salt=account_settings.SALT)
    except signing.BadSignature:
        return None
    address: EmailAddress | None = EmailAddress.objects.filter(pk=pk, verified=True).first()
    return address
