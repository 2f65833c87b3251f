"""What a new member may still do: the limits of COMMUNITY.md row 67, and how much of them is left.

The composer shows it before anything is typed, and the same figures refuse what goes beyond, so that no
limit comes as a surprise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from community.core.markdown import render
from community.forum.models import Post, Topic
from community.members.models import Member

from .models import Policy
from .trust import approved_posts, is_new

FIRST_DAY = timedelta(hours=24)
FILE = re.compile(r'<a [^>]*href="' + re.escape(settings.MEDIA_URL))
OWN = re.compile(r'<a [^>]*href="(?:/|#|' + re.escape(settings.SITE_URL) + ")")


@dataclass(frozen=True)
class Allowance:
    """What is left to a new member at this moment; None where nothing limits it."""

    policy: Policy
    topics: int | None
    replies: int | None
    replies_here: int | None
    wait_seconds: int
    posts_to_go: int

    def sentences(self, *, new_topic: bool) -> list[str]:
        """Say what holds, most pressing first."""
        said = [self.refusal(new_topic=new_topic)]
        if not said[0]:
            said = [self._left(new_topic), self._contents()]
        return [sentence for sentence in [*said, self._end()] if sentence]

    def refusal(self, *, new_topic: bool) -> str:
        """Say why nothing more can be posted now; empty when it can."""
        if new_topic and self.topics == 0:
            return _("You have started %(n)d topics on your first day; you can start more tomorrow.") % {
                "n": self.policy.first_day_topics
            }
        if not new_topic and self.replies == 0:
            return _("You have written %(n)d replies on your first day; you can write more tomorrow.") % {
                "n": self.policy.first_day_replies
            }
        if not new_topic and self.replies_here == 0:
            return _(
                "You have replied %(n)d times here. Let someone else speak, or add to one of your replies by editing it."
            ) % {"n": self.policy.replies_per_topic}
        if self.wait_seconds:
            return ngettext(
                "Please wait %(n)d second before your next post.",
                "Please wait %(n)d seconds before your next post.",
                self.wait_seconds,
            ) % {"n": self.wait_seconds}
        return ""

    def _left(self, new_topic: bool) -> str:
        if new_topic and self.topics is not None:
            return ngettext(
                "You can start %(n)d more topic today.", "You can start %(n)d more topics today.", self.topics
            ) % {"n": self.topics}
        if not new_topic and self.replies is not None:
            return ngettext(
                "You can write %(n)d more reply today.",
                "You can write %(n)d more replies today.",
                self.replies,
            ) % {"n": self.replies}
        return ""

    def _contents(self) -> str:
        policy = self.policy
        return _("A post can have %(links)s, %(images)s and mention %(people)s%(files)s.") % {
            "links": ngettext("%(n)d link", "%(n)d links", policy.max_links) % {"n": policy.max_links},
            "images": ngettext("%(n)d image", "%(n)d images", policy.max_images) % {"n": policy.max_images},
            "people": ngettext("%(n)d person", "%(n)d people", policy.max_mentions)
            % {"n": policy.max_mentions},
            "files": "" if policy.max_attachments else _(", but no attached files"),
        }

    def _end(self) -> str:
        return ngettext(
            "These limits are for new members. They end after %(n)d more published post.",
            "These limits are for new members. They end after %(n)d more published posts.",
            self.posts_to_go,
        ) % {"n": self.posts_to_go}

    def objection(self, source: str) -> str:
        """Say what is too much in a text; empty when nothing is."""
        return next((sentence for sentence in _too_much(source, self.policy) if sentence), "")


def allowance_of(member: Member, *, topic: Topic | None = None) -> Allowance | None:
    """Return what is left to the member, in `topic` when given; None for everyone who is not new."""
    policy = Policy.current()
    if not is_new(member, policy):
        return None
    now = timezone.now()
    mine = Post.objects.filter(author=member).exclude(status=Post.Status.DELETED)
    first_day = now - member.joined_at < FIRST_DAY
    written = mine.exclude(kind=Post.Kind.OPENING)
    openings = mine.filter(kind=Post.Kind.OPENING)
    latest = mine.order_by("-created_at").values_list("created_at", flat=True).first()
    since = (now - latest).total_seconds() if latest else policy.seconds_between_posts
    return Allowance(
        policy=policy,
        topics=max(policy.first_day_topics - openings.count(), 0) if first_day else None,
        replies=max(policy.first_day_replies - written.count(), 0) if first_day else None,
        replies_here=_left_here(written, topic, member, policy),
        wait_seconds=max(ceil(policy.seconds_between_posts - since), 0),
        posts_to_go=max(policy.new_until_posts - approved_posts(member), 1),
    )


def _left_here(written: QuerySet[Post], topic: Topic | None, member: Member, policy: Policy) -> int | None:
    """Nobody is stopped from talking in the topic they started."""
    if topic is None or topic.author_id == member.pk:
        return None
    return max(policy.replies_per_topic - written.filter(topic=topic).count(), 0)


def _too_much(source: str, policy: Policy) -> list[str]:
    rendered = render(source, mentions=lambda names: dict.fromkeys(names, "#mention"))
    files = len(FILE.findall(rendered.html))
    own = len(OWN.findall(rendered.html)) - len(rendered.mentions)
    counts = (
        (rendered.links - max(own, 0), policy.max_links, ngettext("link", "links", policy.max_links)),
        (rendered.images, policy.max_images, ngettext("image", "images", policy.max_images)),
        (files, policy.max_attachments, ngettext("attached file", "attached files", policy.max_attachments)),
        (
            len(rendered.mentions),
            policy.max_mentions,
            ngettext("person mentioned", "people mentioned", policy.max_mentions),
        ),
    )
    return [
        _("New members can have %(limit)s %(what)s in a post, and this one has %(count)d.")
        % {"limit": _("at most %(n)d") % {"n": limit} if limit else _("no"), "what": what, "count": count}
        for count, limit, what in counts
        if count > limit
    ]
