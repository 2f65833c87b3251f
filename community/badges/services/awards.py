"""Award badges, each exactly once, and revoke them manually."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from community.badges import criteria
from community.badges.criteria import AllRule, EventRule, PostRule, Rule, YearsRule
from community.badges.event_queries import with_new_year
from community.badges.models import Award, Badge
from community.badges.queries import APPROVALS, CONTRIBUTIONS, Asked, Earned, earned
from community.core import bulk
from community.core.audit import audit
from community.events.catalogue import BADGE_EARNED
from community.events.models import Event
from community.events.services.recording import Draft, record_all, reinstate, retract
from community.forum.models import Post
from community.members.models import Member

# Advisory lock, because two concurrent transactions would both find that a member lacks a badge. An arbitrary number.
_LOCK = 4_118_201


@transaction.atomic
def award_earned(
    events: Sequence[Event] | None = None, *, badges: Iterable[Badge] | None = None
) -> list[Award]:
    """Award the badges that these events may have earned their members; without events, all that anybody has earned.

    `badges` are all or some of the active ones. Idempotent and safe to run concurrently. Existing and revoked awards
    are not given again.
    """
    rules = {badge: criteria.parse(badge.rule) for badge in badges or Badge.objects.active()}
    if events is None:
        asked = [Asked(badge, rule) for badge, rule in rules.items()]
    else:
        members = _members_by_event(events)
        asked = [Asked(badge, rule, _may_earn(badge, rule, events, members)) for badge, rule in rules.items()]
    asked = [one for one in asked if one.member_ids is None or one.member_ids]
    if not asked:
        return []
    _lock()
    return _award([(one.badge, row) for one, rows in zip(asked, earned(asked), strict=True) for row in rows])


def award_soon(badge: Badge) -> int:
    """Award a new or changed badge for past events, in the background after the commit. Return the number of awards."""
    count = len(earned([Asked(badge, criteria.parse(badge.rule))])[0]) if badge.is_active else 0
    if count:
        # By name, because services must not import tasks.
        import_string("community.badges.tasks.award_badge").delay_on_commit(badge.pk)
    return count


def _members_by_event(events: Iterable[Event]) -> dict[str, set[int]]:
    members: dict[str, set[int]] = {}
    for event in events:
        if event.member_id is not None:
            members.setdefault(event.name, set()).add(event.member_id)
    return members


def _may_earn(badge: Badge, rule: Rule, events: Sequence[Event], members: Mapping[str, Set[int]]) -> Set[int]:
    """Return the members of these events who may have earned the badge by them."""
    found = set().union(*(members.get(name, ()) for name in _names_of(rule)))
    if found and isinstance(rule, YearsRule):
        return with_new_year(badge.pk, [event for event in events if event.name in CONTRIBUTIONS])
    return found


def _names_of(rule: Rule) -> set[str]:
    """Return the names of the events that can earn a badge with this rule."""
    if isinstance(rule, EventRule):
        return {rule.event}
    if isinstance(rule, AllRule):
        return set().union(*map(_names_of, rule.all))
    if isinstance(rule, PostRule):
        # Views record no event, so the daily task checks them.
        return set() if rule.number == "view_count" else {*APPROVALS}
    return {*CONTRIBUTIONS} if isinstance(rule, YearsRule) else set()


def _award(found: Sequence[tuple[Badge, Earned]]) -> list[Award]:
    awards = [
        Award(
            badge=badge,
            member_id=row.member_id,
            key=row.key,
            post_id=row.post_id,
            event_id=row.event_id,
            awarded_at=row.at,
        )
        for badge, row in found
    ]
    if awards:
        for award, (pk,) in zip(awards, bulk.insert(awards, returning=["id"]), strict=True):
            award.pk = pk
        record_all(_draft(award, award.badge) for award in awards)
    return awards


def _draft(award: Award, badge: Badge) -> Draft:
    return Draft(
        name=BADGE_EARNED,
        occurred_at=award.awarded_at,
        payload={"badge": badge.slug, "level": badge.level},
        object_type=Award._meta.label_lower,
        object_id=award.pk,
        member_id=award.member_id,
        actor_id=award.given_by_id,
    )


@transaction.atomic
def give_badge(
    badge: Badge, *, member: Member, actor: Member, reason: str, post: Post | None = None
) -> Award:
    """Award the badge manually, optionally for a post; idempotent. A revoked award is restored."""
    _lock()
    award, created = Award.objects.get_or_create(
        badge=badge,
        member=member,
        key=f"post:{post.pk}" if post else "",
        defaults={"source": Award.Source.HAND, "post": post, "given_by": actor, "reason": reason},
    )
    if created:
        record_all([_draft(award, badge)])
    elif award.taken_back_at is None:
        return award
    else:
        _mark_taken_back(award, actor=None, reason="")
        reinstate(_event_of(award), reason=reason)
    audit("badge.give", actor=actor, subject=award, after={"badge": badge.slug}, reason=reason)
    return award


@transaction.atomic
def take_back(award: Award, *, actor: Member, reason: str) -> Award:
    """Revoke an award, so that no rule awards it again; idempotent, the first reason is kept."""
    award = Award.objects.select_for_update(of=("self",)).select_related("badge", "member").get(pk=award.pk)
    if award.taken_back_at is not None:
        return award
    _mark_taken_back(award, actor=actor, reason=reason)
    retract(_event_of(award), reason=reason)
    audit("badge.take_back", actor=actor, subject=award, before={"badge": award.badge.slug}, reason=reason)
    return award


def _mark_taken_back(award: Award, *, actor: Member | None, reason: str) -> None:
    award.taken_back_at = timezone.now() if actor else None
    award.taken_back_by, award.taken_back_reason = actor, reason
    award.save(update_fields=["taken_back_at", "taken_back_by", "taken_back_reason"])


def _event_of(award: Award) -> list[Event]:
    return list(
        Event.objects.filter(
            member=award.member_id,
            name=BADGE_EARNED,
            object_type=Award._meta.label_lower,
            object_id=award.pk,
        )
    )


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
