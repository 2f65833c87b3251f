"""Making room for the owner of an address: an account that nobody has used yet steps back."""

from __future__ import annotations

from typing import Final

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from community.core.audit import audit
from community.members.models import Member

# What comes with any account, and what others do about it; whatever else hangs on one is its owner's doing.
COMES_ALONG: Final = {
    "account.emailaddress",
    "advocacy.score",
    "advocacy.scorehistory",
    "badges.award",
    "events.event",
    "forum.readstate",
    "journeys.memberstate",
    "journeys.stagehistory",
    "mfa.authenticator",
    "notifications.notification",
}


def holder_of(email: str) -> Member | None:
    """The member who logs in with this address, or has proved that it is theirs."""
    proved = Q(emailaddress__email__iexact=email, emailaddress__verified=True)
    holder: Member | None = Member.objects.filter(Q(email__iexact=email) | proved).distinct().first()
    return holder


def is_empty(member: Member) -> bool:
    """Whether nothing was done with the account but to make it, and to read."""
    if member.is_team or member.customer_since is not None:
        return False
    return not any(_has_rows(member, relation) for relation in Member._meta.get_fields(include_hidden=True))


def _has_rows(member: Member, relation: object) -> bool:
    model = getattr(relation, "related_model", None)
    field = getattr(relation, "field", None)
    if not getattr(relation, "auto_created", False) or model is None or field is None:
        return False
    if model._meta.label_lower in COMES_ALONG or not hasattr(field, "attname"):
        return False
    return bool(model._base_manager.filter(**{field.name: member.pk}).exists())


@transaction.atomic
def step_back(member: Member, *, for_member: Member) -> Member:
    """End an empty account in favour of another one of the same person, who gets its address.

    Raises ValidationError when it is not empty.
    """
    locked: Member = Member.objects.select_for_update().get(pk=member.pk)
    if not is_empty(locked):
        raise ValidationError(
            _(
                "You already have the account @%(name)s with this email address. To claim this profile too, log in as @%(name)s, change the address of that account and open this link again."
            )
            % {"name": locked.username}
        )
    EmailAddress.objects.filter(user=locked).delete()
    locked.email, locked.is_active = None, False
    locked.set_unusable_password()
    locked.save(update_fields=["email", "is_active", "password"])
    audit("member.step_back", actor=None, subject=locked, after={"in_favour_of": for_member.pk})
    return locked
