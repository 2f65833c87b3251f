"""A member's journey on their page in the admin."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from community.core.admin_base import Panel
from community.members.models import Member

from .reports import timeline

SHOWN = 5


def journey_panel(member: Member, request: HttpRequest) -> Panel | None:
    """Show where the member stands and the last steps; nothing of staff, who have no stage."""
    if member.is_team:
        return None
    found = timeline(member)
    context = {
        "member": member,
        "state": found.state,
        "override": found.override,
        "bands": found.bands[::-1][:SHOWN],
    }
    return Panel(_("Journey"), "admin/journeys/_journey.html", context)
