"""Set a stage manually, with a reason and an expiry date, and clear it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from community.core.audit import audit
from community.events.catalogue import OVERRIDE_CLEARED, OVERRIDE_SET
from community.events.services.recording import record
from community.members.models import Member
from journeys.models import Override

from .dirty import mark_members
from .shards import today


@transaction.atomic
def set_override(
    member: Member,
    *,
    stage: str,
    mode: str,
    reason: str,
    actor: Member,
    days: int = Override.DEFAULT_DAYS,
) -> Override:
    """Show this stage for `days` days; replaces an earlier override.

    Raises ValueError without a reason, for more than 180 days, or for staff, who have no stage.
    """
    if member.is_team:
        raise ValueError("Team members have no stage.")
    if not reason.strip():
        raise ValueError("An override needs a reason.")
    if not 0 < days <= Override.MOST_DAYS:
        raise ValueError(f"An override can last 1 to {Override.MOST_DAYS} days.")
    before = _clear(member, actor=actor)
    starts_on = today()
    override = Override.objects.create(
        member=member,
        stage=stage,
        mode=mode,
        reason=reason,
        set_by=actor,
        starts_on=starts_on,
        expires_on=starts_on + timedelta(days=days),
    )
    after = {"stage": stage, "mode": mode, "expires_on": override.expires_on.isoformat()}
    record(
        OVERRIDE_SET,
        actor=actor,
        subject=override,
        member=member,
        stage=stage,
        mode=mode,
        reason=reason,
        expires=override.expires_on.isoformat(),
    )
    audit(
        "stage.override_set",
        actor=actor,
        subject=member,
        before={"stage": before and before.stage},
        after=after,
        reason=reason,
    )
    mark_members([member.pk])
    return override


@transaction.atomic
def clear_override(member: Member, *, actor: Member) -> None:
    """Clear the override, so that the computed stage is shown again; idempotent."""
    cleared = _clear(member, actor=actor)
    if cleared is not None:
        audit(
            "stage.override_cleared", actor=actor, subject=member, before={"stage": cleared.stage}, after={}
        )
        mark_members([member.pk])


def _clear(member: Member, *, actor: Member) -> Override | None:
    override = Override.objects.select_for_update().not_cleared().filter(member=member).first()
    if override is None:
        return None
    override.cleared_at, override.cleared_by = timezone.now(), actor
    override.save(update_fields=["cleared_at", "cleared_by"])
    record(OVERRIDE_CLEARED, actor=actor, subject=override, member=member)
    return override
