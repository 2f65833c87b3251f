"""A member's score, on their page in the admin."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from community.core.admin_base import Panel
from community.members.models import Member

from .labels import COMPONENTS
from .models import Score

CHANGES = 10


def score_panel(member: Member, request: HttpRequest) -> Panel | None:
    """Return the score and how it changed; nothing of staff, who have none."""
    if member.is_team:
        return None
    score = Score.objects.filter(member=member).first()
    parts = score.parts if score else []
    context = {
        "member": member,
        "score": score,
        "parts": [(COMPONENTS[key].name, points, most) for key, points, most in parts],
        "history": member.advocacy_history.order_by("-on_date", "-pk")[:CHANGES],
    }
    return Panel(title=_("Advocacy"), template="admin/advocacy/_score.html", context=context)
