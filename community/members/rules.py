"""May this person? Each answer is about one member."""

from community.members.models import Guidelines, Member


def has_accepted_current(member: Member) -> bool:
    """Whether the member has agreed to the guidelines in force; true while there are none."""
    current = Guidelines.objects.in_force()
    return current is None or member.guidelines_id == current.pk


def is_verified_customer(member: Member) -> bool:
    """Has bought, or wrote from an e-mail domain that their company has proved to own."""
    return member.is_verified_customer


def can_invite(manager: Member) -> bool:
    """Whether this person may invite imported members to take over their accounts."""
    return manager.is_active and manager.is_manager


def can_be_invited(member: Member) -> bool:
    """Only whoever has no account of their own yet, and is not shut out."""
    return not member.is_claimed and member.is_active


def can_administer(actor: Member, member: Member) -> bool:
    """Whether `actor`, a manager, may change the account of `member`: other managers' are for superusers."""
    if actor.is_superuser or actor.pk == member.pk:
        return True
    return not member.is_manager
