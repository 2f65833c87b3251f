"""The journey panel on a member's admin page."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from community.core.admin_base import Panel
from community.members.models import Member

from .reports.timeline import timeline

MAX_ROWS = 5


def journey_panel(member: Member, request: HttpRequest) -> Panel | None:
    """Return the member's stage and latest history; None for staff, who have no stage."""
    if member.is_team:
        return None
    journey = timeline(member)
    context = {
        "member": member,
        "state": journey.state,
        "override": journey.override,
        "bands": journey.bands[::-1][:MAX_ROWS],
    }
    return Panel(_("Journey"), "admin/journeys/_journey.html", context)
