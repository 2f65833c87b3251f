"""Flags on posts, and the automatic actions when they add up."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from community.events.catalogue import FLAG_RAISED, MODERATION_HELPED
from community.events.models import Event
from community.events.services.recording import record, retract
from community.forum.models import Post
from community.forum.services import counters
from community.members.models import Member
from community.moderation.flag_weights import weigh
from community.moderation.models import Flag, Policy, Reason, ReviewItem, Sanction
from community.moderation.trust import is_new

from . import post_actions, review_queue, sanctions

SILENCE = timedelta(hours=72)


@transaction.atomic
def add(post: Post, *, actor: Member, reason: str, text: str = "", take_action: bool = False) -> Flag:
    """Flag a post; idempotent per member.

    Weighs the flag and puts the post in the review queue. Hides it if its open flags reach the policy's
    limit, and silences a new author who was flagged by enough different people.
    """
    # The topic first, as everywhere: update_review() may hide the post, which locks its topic.
    counters.lock_topic(post.topic_id)
    post = Post.objects.select_for_update().get(pk=post.pk)
    earlier = Flag.objects.filter(post=post, member=actor).first()
    if earlier is not None:
        return earlier
    weight = weigh(actor, reason=reason, take_action=take_action)
    flag = Flag.objects.create(
        post=post,
        member=actor,
        reason=reason,
        text=text.strip(),
        weight=weight.total,
        base=weight.base,
        trust=weight.trust,
        accuracy=weight.accuracy,
        urgency=weight.urgency,
        take_action=weight.take_action,
    )
    record(
        FLAG_RAISED, actor=actor, subject=flag, counterpart=post.author, topic_id=post.topic_id, reason=reason
    )
    item = update_review(post)
    if item is not None:
        review_queue.add_step(
            item,
            actor,
            _("flagged the post: %(reason)s (weight %(sum)s)")
            % {
                "reason": flag.get_reason_display().lower(),
                "sum": flag.arithmetic,
            },
        )
    _silence_if_many_flag(post.author)
    return flag


def update_review(post: Post) -> ReviewItem | None:
    """Update the post's item in the review queue from its open flags; hide the post if they reach the limit."""
    policy = Policy.current()
    flags = post.flags.filter(status=Flag.Status.OPEN)
    total = flags.aggregate(total=Sum("weight"))["total"] or Decimal(0)
    if not flags:
        return None
    words = sorted({Reason(reason).label.lower() for reason in flags.values_list("reason", flat=True)})
    item = review_queue.add(
        post,
        kind=ReviewItem.Kind.FLAGGED,
        reason=", ".join(map(str, words)).capitalize(),
        score=total,
        priority=_priority(total, policy, flags.filter(reason=Reason.ILLEGAL).exists()),
    )
    if total >= policy.hide_at and post.status == Post.Status.PUBLISHED:
        post_actions.hide(
            post, actor=None, reason=_("Hidden until a moderator reviews it, because members flagged it.")
        )
        review_queue.add_step(
            item,
            None,
            _("hid the post because its flags weigh %(total)s (limit: %(limit)s)")
            % {
                "total": f"{total.normalize():f}",
                "limit": f"{policy.hide_at.normalize():f}",
            },
        )
    return item


def _priority(total: Decimal, policy: Policy, illegal: bool) -> int:
    if illegal or total >= policy.hide_at:
        return ReviewItem.Priority.HIGH
    return ReviewItem.Priority.MEDIUM if total * 2 >= policy.hide_at else ReviewItem.Priority.LOW


def _silence_if_many_flag(author: Member) -> None:
    policy = Policy.current()
    if not policy.silence_at_reporters or not is_new(author, policy):
        return
    open_flags = Flag.objects.filter(post__author=author, status=Flag.Status.OPEN)
    reporters = open_flags.values("member").distinct().count()
    if reporters < policy.silence_at_reporters or Sanction.objects.in_force().filter(member=author).exists():
        return
    sanctions.impose(
        author,
        actor=None,
        kind=Sanction.Kind.SILENCE,
        rule=open_flags.latest("created_at").reason,
        ends_at=timezone.now() + SILENCE,
        is_strike=False,
        reason=_("Several members flagged your first posts. A moderator will review them."),
    )


@transaction.atomic
def withdraw(flag: Flag) -> None:
    """Withdraw an open flag; decided flags are left alone."""
    counters.lock_topic(flag.post.topic_id)
    post = Post.objects.select_for_update().get(pk=flag.post_id)
    if not Flag.objects.filter(pk=flag.pk, status=Flag.Status.OPEN).exists():
        return
    retract(
        list(Event.objects.filter(name=FLAG_RAISED, object_type="moderation.flag", object_id=flag.pk)),
        reason="withdrawn",
    )
    flag.delete()
    if update_review(post) is None:
        for item in ReviewItem.objects.open().filter(post=post, kind=ReviewItem.Kind.FLAGGED):
            review_queue.close(
                item,
                actor=None,
                outcome=ReviewItem.Outcome.WITHDRAWN,
                says=_("closed this because all flags were withdrawn"),
            )


def resolve(post: Post, *, upheld: bool, actor: Member) -> int:
    """Uphold or decline the open flags of a post, and credit members for upheld ones. Return how many."""
    flags = list(post.flags.filter(status=Flag.Status.OPEN).select_related("member"))
    now = timezone.now()
    for flag in flags:
        flag.status = Flag.Status.UPHELD if upheld else Flag.Status.DECLINED
        flag.resolved_at = now
        flag.save(update_fields=["status", "resolved_at"])
        if upheld and not flag.member.is_team:
            record(
                MODERATION_HELPED,
                actor=actor,
                member=flag.member,
                subject=flag,
                counterpart=post.author,
                reason=flag.reason,
            )
    return len(flags)
