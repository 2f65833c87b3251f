"""A member's silence or suspension in force; the logged-in member is loaded with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from community.members.models import Member

from .models import Sanction


def with_active_sanction(members: QuerySet[Member], now: datetime) -> QuerySet[Member]:
    """Add `active_sanction`, with `id` and `kind`, in the same statement; None if there is none at `now`."""
    found = Sanction.objects.filter(member=OuterRef("pk")).in_force(now).by_severity()
    return members.annotate(active_sanction=Subquery(found.values(json=JSONObject(id="pk", kind="kind"))[:1]))


def active_sanction(member: Member) -> Mapping[str, Any] | None:
    """Return `id` and `kind` of the member's most severe sanction in force, if any."""
    if hasattr(member, "active_sanction"):  # not in `__dict__` of the lazy `request.user`
        loaded: Mapping[str, Any] | None = member.active_sanction
        return loaded
    return Sanction.objects.filter(member=member).in_force().by_severity().values("id", "kind").first()


def is_suspended(member: Member) -> bool:
    sanction = active_sanction(member)
    return sanction is not None and sanction["kind"] == Sanction.Kind.SUSPENSION


def is_silenced(member: Member) -> bool:
    """Return whether the member may not post; true for suspended members too."""
    return active_sanction(member) is not None


def suspended(now: datetime) -> QuerySet[Sanction, Any]:
    """Return the members who are suspended at `now`, for `member__in`."""
    return Sanction.objects.in_force(now).filter(kind=Sanction.Kind.SUSPENSION).values("member")


def out_of_reach(now: datetime) -> QuerySet[Member]:
    """Return the members who cannot log in at `now`, suspended or deactivated. The team's reports leave them out."""
    members: QuerySet[Member] = Member.objects.filter(Q(is_active=False) | Q(pk__in=suspended(now)))
    return members.order_by()
