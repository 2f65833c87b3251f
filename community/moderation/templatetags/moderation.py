"""What the composer shows of the rules for new members, and how the log reads."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from community.forum.models import Topic
from community.members.rules import is_verified_customer
from community.moderation import acts, standing
from community.moderation.allowance import allowance_of
from community.moderation.models import AuditEntry, Policy
from community.moderation.screening import SILENCED
from community.moderation.trust import approved_posts

register = template.Library()


@register.filter
def told(entry: AuditEntry) -> SafeString:
    """`{{ entry|told }}`: what was done, as a person would say it."""
    return acts.told(entry)


@register.simple_tag(takes_context=True)
def allowance(context: Mapping[str, Any], topic: Topic | str | None = None) -> list[str]:
    """Sentences for above the composer: what is left to a new member; none for everyone else."""
    user = context["request"].user
    if not user.is_authenticated or user.is_team:
        return []
    if standing.is_silenced(user):
        return [str(SILENCED)]
    if is_verified_customer(user):
        return []
    policy, written = Policy.current(), approved_posts(user)
    is_first = written < policy.approve_first_posts
    said = [_("Welcome! Your first post is looked at by a moderator before it appears.")] * is_first
    if written >= policy.new_until_posts:
        return said
    topic = topic if isinstance(topic, Topic) else None
    left = allowance_of(user, topic=topic)
    return said + (left.sentences(new_topic=topic is None) if left else [])
