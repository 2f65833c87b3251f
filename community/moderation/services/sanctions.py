"""Warnings, silences and suspensions."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core import page_cache
from community.core.audit import audit
from community.events.catalogue import STRIKE_UPHELD
from community.events.models import Event
from community.events.services.recording import record, retract
from community.forum.models import Post
from community.members.models import Member
from community.moderation.models import Sanction
from community.notifications.models import Notification
from community.notifications.services import notify

SUGGESTED_HOURS = (24, 72, 168, 720)


@transaction.atomic
def impose(
    member: Member,
    *,
    actor: Member | None,
    kind: str,
    rule: str,
    reason: str,
    message: str = "",
    ends_at: datetime | None = None,
    post: Post | None = None,
    is_strike: bool = True,
) -> Sanction:
    """Warn, silence or suspend a member and notify them; idempotent per kind and post.

    Without `ends_at`, a silence or suspension lasts until it is lifted; warnings have no end. `is_strike` is
    False for automatic precautions that await review.
    """
    Member.objects.select_for_update().get(pk=member.pk)
    if post is not None:
        for earlier in Sanction.objects.not_lifted().filter(member=member, kind=kind, post=post):
            if earlier.is_in_force or kind == Sanction.Kind.WARNING:
                return earlier
    now = timezone.now()
    if kind == Sanction.Kind.WARNING:
        ends_at = None
    sanction = Sanction.objects.create(
        member=member,
        kind=kind,
        rule=rule,
        reason=reason,
        message=message,
        post=post,
        starts_at=now,
        ends_at=ends_at,
        given_by=actor,
        is_strike=is_strike,
    )
    page_cache.invalidate_on_commit()  # also refreshes the numbers in the team's reports
    if is_strike:
        record(
            STRIKE_UPHELD, actor=actor, member=member, subject=sanction, severity=sanction.severity, kind=rule
        )
    notify(member, kind=Notification.Kind.MODERATION, subject=sanction, text=_announcement(sanction))
    audit(
        f"member.{_VERBS[Sanction.Kind(sanction.kind)]}",
        actor=actor,
        subject=member,
        reason=reason,
        after={"sanction": sanction.pk, "ends_at": ends_at, "rule": rule, "post": post.pk if post else None},
    )
    return sanction


_VERBS = {
    Sanction.Kind.WARNING: "warn",
    Sanction.Kind.SILENCE: "silence",
    Sanction.Kind.SUSPENSION: "suspend",
}


def _announcement(sanction: Sanction) -> str:
    start = {
        Sanction.Kind.WARNING: _("You received a warning."),
        Sanction.Kind.SILENCE: _("You can read but not post for now."),
        Sanction.Kind.SUSPENSION: _("Your account is suspended."),
    }[Sanction.Kind(sanction.kind)]
    return f"{start} {sanction.reason}"


@transaction.atomic
def lift(sanction: Sanction, *, actor: Member, reason: str) -> Sanction:
    """Lift a sanction: it ends now and no longer counts as a strike. Idempotent."""
    sanction = Sanction.objects.select_for_update().get(pk=sanction.pk)
    if sanction.lifted_at is not None:
        return sanction
    sanction.lifted_at, sanction.lifted_by, sanction.lift_reason = timezone.now(), actor, reason
    sanction.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    page_cache.invalidate_on_commit()
    strikes = Event.objects.filter(
        name=STRIKE_UPHELD, object_type=Sanction._meta.label_lower, object_id=sanction.pk
    )
    retract(list(strikes), reason="lifted")
    notify(
        sanction.member,
        kind=Notification.Kind.MODERATION,
        subject=sanction,
        key="lifted",
        text=_("We reversed a decision: %(what)s. %(why)s")
        % {"what": sanction.get_kind_display().lower(), "why": reason},
    )
    audit(
        "sanction.lift",
        actor=actor,
        subject=sanction.member,
        reason=reason,
        before={"sanction": sanction.pk, "kind": sanction.kind, "ends_at": sanction.ends_at},
        after={"lifted_at": sanction.lifted_at},
    )
    return sanction


@transaction.atomic
def notify_endings() -> int:
    """Notify members whose silence or suspension has ended. Return how many."""
    ended = (
        Sanction.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("member")
        .filter(ends_at__lte=timezone.now(), lifted_at__isnull=True, ending_told_at__isnull=True)
    )
    count = 0
    for sanction in ended:
        sanction.ending_told_at = timezone.now()
        sanction.save(update_fields=["ending_told_at"])
        notify(
            sanction.member,
            kind=Notification.Kind.MODERATION,
            subject=sanction,
            key="ended",
            text=_("Your %(what)s has ended. You can post again.")
            % {"what": sanction.get_kind_display().lower()},
        )
        audit("sanction.end", actor=None, subject=sanction.member, after={"sanction": sanction.pk})
        count += 1
    return count
