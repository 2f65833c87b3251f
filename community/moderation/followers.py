from collections.abc import Sequence

from django.db.models import Q

from community.events.catalogue import POST_EDITED, REPLY_CREATED, TOPIC_CREATED, TOPIC_EDITED
from community.events.models import Event
from community.events.registry import follower
from community.forum.models import Post
from community.moderation.services import review_queue


@follower("moderation", names=(TOPIC_CREATED, TOPIC_EDITED, REPLY_CREATED, POST_EDITED))
def queue_posts_with_blocked_words(events: Sequence[Event]) -> None:
    """Add new and edited posts with blocked words to the review queue, except imports and staff posts."""
    fresh = [event for event in events if not event.backfill and event.actor_role == Event.ActorRole.MEMBER]
    topics = {event.object_id for event in fresh if event.object_type == "forum.topic"}
    posts = {event.object_id for event in fresh if event.object_type == "forum.post"}
    about = Q(pk__in=posts) | Q(topic__in=topics, kind=Post.Kind.OPENING)
    review_queue.add_with_blocked_words(Post.objects.published().filter(about))
