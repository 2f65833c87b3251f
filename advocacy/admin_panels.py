"""The advocacy panel on a member's admin page."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from community.core.admin_base import Panel
from community.members.models import Member

from .labels import COMPONENTS
from .models import Score

MAX_ROWS = 10


def score_panel(member: Member, request: HttpRequest) -> Panel | None:
    """Return the member's score and its history; None for staff, who have no score."""
    if member.is_team:
        return None
    score = Score.objects.filter(member=member).first()
    parts = score.parts if score else []
    context = {
        "member": member,
        "score": score,
        "parts": [(COMPONENTS[key].name, points, most) for key, points, most in parts],
        "history": member.advocacy_history.order_by("-on_date", "-pk")[:MAX_ROWS],
    }
    return Panel(title=_("Advocacy"), template="admin/advocacy/_score.html", context=context)
