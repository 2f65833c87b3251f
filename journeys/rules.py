"""Permissions on other members' journeys."""

from __future__ import annotations

from community.members.models import Member


def can_see_journeys(member: Member) -> bool:
    """Whether they may see other members' journeys: the whole team may."""
    return member.is_team


def can_override(actor: Member, member: Member) -> bool:
    """Whether `actor` may set the member's stage manually: managers may, for non-staff."""
    return actor.is_manager and not member.is_team
