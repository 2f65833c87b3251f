"""What a member is allowed to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from community.core.prepared import Prepared, compiled_at_start
from community.members.models import Guidelines, Member

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def has_accepted_current(member: Member) -> bool:
    """Return whether the member has agreed to the guidelines in force; true if there are none."""
    current = _current_guidelines().first()
    return current is None or member.guidelines_id == current[0]


@compiled_at_start()
def _current_guidelines() -> Prepared[tuple[int]]:
    """The id of the guidelines in force. Their text is not read: every reply is checked."""
    return Prepared(lambda: Guidelines.objects.newest_first().values_list("pk"), limit=1)


def is_verified_customer(member: Member) -> bool:
    """Return whether they bought something, or their email domain is one their company has verified."""
    return member.is_verified_customer


def can_invite(manager: Member) -> bool:
    """Return whether this person may invite imported members to claim their accounts."""
    return manager.is_active and manager.is_manager


def can_be_invited(member: Member) -> bool:
    """Return whether the account is unclaimed and active."""
    return not member.is_claimed and member.is_active


def can_administer(actor: Member, member: Member) -> bool:
    """Return whether `actor`, a manager, may change `member`; only superusers may change other managers."""
    if actor.is_superuser or actor.pk == member.pk:
        return True
    return not member.is_manager


def can_see_profile(reader: Member | AnonymousUser, member: Member) -> bool:
    """Whether they may see the profile: deactivated, moderators only; private, the team only; otherwise everyone."""
    if not member.is_active:
        return isinstance(reader, Member) and reader.is_moderator
    return not member.is_private or (isinstance(reader, Member) and reader.is_team)


def can_see_company(reader: Member | AnonymousUser, member: Member) -> bool:
    """Whether they may see a member's company: the team and the member may, and everyone if the member agrees."""
    if member.shows_company or reader == member:
        return True
    return isinstance(reader, Member) and reader.is_team
