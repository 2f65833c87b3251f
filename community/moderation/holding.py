"""What happens once a post was held, or was published with words that moderators want to see."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from community.forum.models import Post

from . import words
from .models import ReviewItem
from .services import queue_post


def queue_held(post: Post, why: str) -> None:
    """Let a post that waits for approval wait in the review queue too."""
    found = words.found_in(post.source)
    reason = _word_reason(found[0].phrase) if found else why
    queue_post(post, kind=ReviewItem.Kind.HELD, reason=reason)


def queue_worded(posts: Iterable[Post]) -> None:
    """Put published posts with watched words in the queue; editing a word in is no way around."""
    for post in posts:
        found = words.found_in(post.source)
        waits = ReviewItem.objects.open().filter(post=post, kind=ReviewItem.Kind.FLAGGED)
        if found and not waits.exists():
            queue_post(post, kind=ReviewItem.Kind.FLAGGED, reason=_word_reason(found[0].phrase))


def _word_reason(phrase: str) -> str:
    return _("Contains “%(word)s”") % {"word": phrase}
