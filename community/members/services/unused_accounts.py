"""Free an email address for its owner by deactivating an unused account that has it."""

from __future__ import annotations

from typing import Final

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from community.core.audit import audit
from community.core.mailboxes import canonical_address
from community.members.models import Member

# Rows that exist for any account or that others create. A row in any other table means the account was used.
IGNORED_RELATIONS: Final = {
    "account.emailaddress",
    "advocacy.score",
    "advocacy.scorehistory",
    "badges.award",
    "events.event",
    "forum.readstate",
    "journeys.memberstate",
    "journeys.stagehistory",
    "members.visitordraft",
    "mfa.authenticator",
    "notifications.notification",
}


def member_with_address(email: str) -> Member | None:
    """Return the member who logs in with this address or has confirmed it."""
    email = canonical_address(email)
    confirmed = Q(emailaddress__email__iexact=email, emailaddress__verified=True)
    holder: Member | None = Member.objects.filter(Q(email__iexact=email) | confirmed).distinct().first()
    return holder


def is_unused(member: Member) -> bool:
    """Return whether the account was only created and used for reading."""
    if member.is_team or member.customer_since is not None:
        return False
    return not any(_has_rows(member, relation) for relation in Member._meta.get_fields(include_hidden=True))


def _has_rows(member: Member, relation: object) -> bool:
    model = getattr(relation, "related_model", None)
    field = getattr(relation, "field", None)
    if not getattr(relation, "auto_created", False) or model is None or field is None:
        return False
    if model._meta.label_lower in IGNORED_RELATIONS or not hasattr(field, "attname"):
        return False
    return bool(model._base_manager.filter(**{field.name: member.pk}).exists())


@transaction.atomic
def deactivate_unused(member: Member, *, in_favour_of: Member) -> Member:
    """Deactivate an unused account and free its address for the same person's other account.

    Raises ValidationError if the account is in use.
    """
    locked: Member = Member.objects.select_for_update().get(pk=member.pk)
    if not is_unused(locked):
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
    audit("member.step_back", actor=None, subject=locked, after={"in_favour_of": in_favour_of.pk})
    return locked
