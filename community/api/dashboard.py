"""Dashboard numbers about facts from other systems."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core.admin_base import MANAGERS, Tile, has_role
from community.core.ago import phrase

from .models import QuarantinedEvent, WaitingEvent

LATE = timedelta(hours=24)


def tiles(request: HttpRequest) -> list[Tile]:
    """Return how many facts are waiting for their member or company, and how many are quarantined."""
    if not has_role(request, MANAGERS):
        return []
    now = timezone.now()
    waiting = WaitingEvent.objects.waiting().aggregate(all=Count("pk"), oldest=Min("received_at"))
    held = QuarantinedEvent.objects.filter(resolved_at=None).aggregate(
        all=Count("pk"), oldest=Min("received_at")
    )
    return [
        Tile(
            _("Unmatched events"),
            waiting["all"],
            _age(waiting["oldest"], now) or _("All events have a member or company"),
            f"{reverse('admin:api_waitingevent_changelist')}?applied_at__isempty=1&dismissed_at__isempty=1",
            "shopping_cart",
        ),
        Tile(
            _("Events in quarantine"),
            held["all"],
            _age(held["oldest"], now) or _("All done"),
            f"{reverse('admin:api_quarantinedevent_changelist')}?resolved_at__isempty=1",
            "report",
            urgent=held["oldest"] is not None and now - held["oldest"] > LATE,
        ),
    ]


def _age(oldest: datetime | None, now: datetime) -> str:
    """Return the age of the oldest; empty if there is none."""
    return _("Oldest: %(ago)s") % {"ago": phrase(oldest, now=now)} if oldest else ""
