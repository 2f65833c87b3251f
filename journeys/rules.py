"""Who may see and do what about other people's journeys."""

from __future__ import annotations

from community.members.models import Member


def can_see_journeys(member: Member) -> bool:
    """The team, whatever the role; everybody else sees only their own."""
    return member.is_team


def can_override(actor: Member, member: Member) -> bool:
    """Community managers set a stage by hand, of anybody who has one."""
    return actor.is_manager and not member.is_team
