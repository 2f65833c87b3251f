"""Screen new and edited posts: publish, hold for approval, or refuse with a reason."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community.core.rate_limits import RateLimited
from community.forum.models import Category, Topic
from community.forum.screening import ALLOW, Verdict
from community.forum.services import counters, rendering
from community.members.models import Member
from community.members.rules import is_verified_customer

from . import active_sanctions, blocked_words
from .models import BlockedWord, Policy
from .rate_limits import limits_of
from .trust import approved_posts

SILENCED = gettext_lazy(
    "You can read but not post at the moment. See your notifications for the reason and how to appeal."
)


def screen(author: Member, category: Category, topic: Topic | None, source: str) -> Verdict:
    """Screen a new post; `topic` is None for an opening post. Staff posts are always allowed.

    Raises RateLimited if a new member only has to wait.
    """
    if active_sanctions.is_silenced(author):
        return _refused(str(SILENCED))
    if author.is_team:
        return ALLOW
    hits = blocked_words.found_in(rendering.filterable_text(source))
    if hits and hits[0].action == BlockedWord.Action.BLOCK:
        return _refused(_blocked(hits[0]))
    refusal = _limit_reached(author, topic, source)
    if refusal:
        return _refused(refusal)
    reason = hold_reason(author, category, hits)
    return Verdict(hold=True, sentence=reason) if reason else ALLOW


def screen_edit(author: Member, before: str, after: str) -> Verdict:
    """Screen an author's edit, so that it cannot add what would have been refused or held in a new post."""
    if author.is_team:
        return ALLOW
    already = {hit.pk for hit in blocked_words.found_in(rendering.filterable_text(before))}
    found = blocked_words.found_in(rendering.filterable_text(after))
    hits = [hit for hit in found if hit.pk not in already]
    if hits and hits[0].action == BlockedWord.Action.BLOCK:
        return _refused(_blocked(hits[0]))
    limits = limits_of(author)
    if limits and not limits.objection(before) and (sentence := limits.objection(after)):
        return _refused(sentence)
    if hits and hits[0].action == BlockedWord.Action.HOLD:
        return Verdict(
            hold=True, sentence=_("A moderator will review your edit before the post is visible again.")
        )
    return ALLOW


def _blocked(word: BlockedWord) -> str:
    return _("“%(word)s” is not allowed here. Please reword your post.") % {"word": word.phrase}


def _refused(sentence: str) -> Verdict:
    return Verdict(refuse=True, sentence=sentence)


def _limit_reached(author: Member, topic: Topic | None, source: str) -> str:
    limits = limits_of(author, topic=topic)
    if limits is not None and topic is not None:
        # Replies to several topics at once would all see the same counts. `topics.create` has locked the author.
        counters.lock_author(author)
        limits = limits_of(author, topic=topic)
    if limits is None:
        return ""
    sentence, seconds = limits.reached(new_topic=topic is None)
    if seconds:
        raise RateLimited(sentence, seconds=seconds)
    return sentence or limits.objection(source)


def hold_reason(author: Member, category: Category, hits: list[BlockedWord]) -> str:
    """Return why a post is held for approval, as a sentence for its author; an empty string if it is not."""
    if category.holds_posts:
        return _("A moderator reviews every post in this category before it is published.")
    if is_first_post(author):
        return _("A moderator reviews your first post before it is published.")
    if hits and hits[0].action == BlockedWord.Action.HOLD:
        return _("A moderator will review this post before it is published.")
    return ""


def is_first_post(author: Member) -> bool:
    if author.is_team or is_verified_customer(author):
        return False
    return approved_posts(author) < Policy.current().approve_first_posts
