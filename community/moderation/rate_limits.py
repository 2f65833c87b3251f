"""Posting limits for new members, configured in the moderation policy.

They count posts in the database, so that deleted posts free up a slot; the limits for everyone, in
`core/rate_limits.py`, count requests in Redis. The composer shows these limits in advance.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from community.core import links
from community.core.markdown import render
from community.core.rate_limits import duration
from community.forum.models import Topic
from community.members.models import Member
from community.members.rules import is_verified_customer

from .models import Policy
from .trust import count_posts, is_established

FIRST_DAY = timedelta(hours=24)


@dataclass(frozen=True)
class NewMemberLimits:
    """A new member's remaining posts; None where there is no limit."""

    policy: Policy
    topics: int | None
    replies: int | None
    replies_here: int | None
    wait_seconds: int  # until the next post
    first_day_seconds: int  # until the first day ends
    posts_to_go: int
    approved: int

    def sentences(self, *, new_topic: bool) -> list[str]:
        """Return the sentences to show above the composer, most urgent first."""
        sentences = [self.reached(new_topic=new_topic)[0]]
        if not sentences[0]:
            sentences = [self._left(new_topic), self._contents()]
        return [sentence for sentence in [*sentences, self._end()] if sentence]

    def reached(self, *, new_topic: bool) -> tuple[str, int]:
        """Return (sentence, seconds) for the limit that was reached; ("", 0) if the member can post.

        `seconds` is the time to wait; 0 if the limit lasts for as long as the member is new.
        """
        tomorrow = {"wait": duration(self.first_day_seconds)}
        if new_topic and self.topics == 0:
            sentence = ngettext(
                "New members can start %(n)d topic on their first day. You can start the next one in %(wait)s.",
                "New members can start %(n)d topics on their first day. You can start the next one in %(wait)s.",
                self.policy.first_day_topics,
            )
            return sentence % {"n": self.policy.first_day_topics, **tomorrow}, self.first_day_seconds
        if not new_topic and self.replies == 0:
            sentence = ngettext(
                "New members can post %(n)d reply on their first day. You can post the next one in %(wait)s.",
                "New members can post %(n)d replies on their first day. You can post the next one in %(wait)s.",
                self.policy.first_day_replies,
            )
            return sentence % {"n": self.policy.first_day_replies, **tomorrow}, self.first_day_seconds
        if not new_topic and self.replies_here == 0:
            sentence = ngettext(
                "New members can post %(n)d reply in one topic. To add something, edit your reply.",
                "New members can post %(n)d replies in one topic. To add something, edit one of your replies.",
                self.policy.replies_per_topic,
            )
            return sentence % {"n": self.policy.replies_per_topic}, 0
        if self.wait_seconds:
            sentence = _("Please wait %(wait)s before your next post.")
            return sentence % {"wait": duration(self.wait_seconds)}, self.wait_seconds
        return "", 0

    def _left(self, new_topic: bool) -> str:
        if new_topic and self.topics is not None:
            return ngettext(
                "You can start %(n)d more topic today.", "You can start %(n)d more topics today.", self.topics
            ) % {"n": self.topics}
        if not new_topic and self.replies is not None:
            return ngettext(
                "You can post %(n)d more reply today.",
                "You can post %(n)d more replies today.",
                self.replies,
            ) % {"n": self.replies}
        return ""

    def _contents(self) -> str:
        policy = self.policy
        counts = {
            "links": ngettext("%(n)d link", "%(n)d links", policy.max_links) % {"n": policy.max_links},
            "images": ngettext("%(n)d image", "%(n)d images", policy.max_images) % {"n": policy.max_images},
            "mentions": ngettext("%(n)d mention", "%(n)d mentions", policy.max_mentions)
            % {"n": policy.max_mentions},
        }
        if policy.max_attachments:
            return _("A post can have up to %(links)s, %(images)s and %(mentions)s.") % counts
        return _("A post can have up to %(links)s, %(images)s and %(mentions)s, but no attachments.") % counts

    def _end(self) -> str:
        return ngettext(
            "These limits are for new members. They end once %(n)d more post of yours is published.",
            "These limits are for new members. They end once %(n)d more posts of yours are published.",
            self.posts_to_go,
        ) % {"n": self.posts_to_go}

    def objection(self, source: str) -> str:
        """Return a sentence about the first limit that the text exceeds; an empty string if none."""
        return next((sentence for sentence in _violations(source, self.policy) if sentence), "")


def limits_of(member: Member, *, topic: Topic | None = None) -> NewMemberLimits | None:
    """Return a new member's remaining limits, for replies in `topic` if given; None for everyone else."""
    if member.is_team or is_verified_customer(member) or is_established(member):
        return None
    written = count_posts(member, topic_id=topic.pk if topic else 0)
    if written.approved >= written.new_until:
        return None
    policy = Policy.current()
    if written.approved >= policy.new_until_posts:
        return None
    now = timezone.now()
    first_day_seconds = max(ceil((member.joined_at + FIRST_DAY - now).total_seconds()), 0)
    since = (now - written.latest_at).total_seconds() if written.latest_at else policy.seconds_between_posts
    # There is no limit on replies in one's own topic.
    is_limited_here = topic is not None and topic.author_id != member.pk
    return NewMemberLimits(
        policy=policy,
        topics=max(policy.first_day_topics - written.topics, 0) if first_day_seconds else None,
        replies=max(policy.first_day_replies - written.replies, 0) if first_day_seconds else None,
        replies_here=max(policy.replies_per_topic - written.replies_here, 0) if is_limited_here else None,
        wait_seconds=max(ceil(policy.seconds_between_posts - since), 0),
        first_day_seconds=first_day_seconds,
        posts_to_go=max(policy.new_until_posts - written.approved, 1),
        approved=written.approved,
    )


def _violations(source: str, policy: Policy) -> list[str]:
    rendered = render(source, mentions=lambda names: dict.fromkeys(names, "#mention"))
    hrefs = links.hrefs(rendered.html)
    external = sum(not links.is_internal(href) for href in hrefs)
    files = sum(links.is_upload(href) for href in hrefs)
    counts = (
        (external, policy.max_links, ngettext("link", "links", policy.max_links)),
        (rendered.images, policy.max_images, ngettext("image", "images", policy.max_images)),
        (files, policy.max_attachments, ngettext("attachment", "attachments", policy.max_attachments)),
        (len(rendered.mentions), policy.max_mentions, ngettext("mention", "mentions", policy.max_mentions)),
    )
    return [
        (
            _("New members can have up to %(limit)d %(what)s in a post. This one has %(count)d.")
            if limit
            else _("New members cannot have %(what)s in a post yet. This one has %(count)d.")
        )
        % {"limit": limit, "what": what, "count": count}
        for count, limit, what in counts
        if count > limit
    ]
