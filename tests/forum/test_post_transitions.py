"""Every action on a post in every status: the result, and everything that depends on it."""

from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from community.core import page_cache
from community.events.models import Event
from community.events.services.partitions import ensure_months
from community.forum.models import Post, Topic
from community.forum.screening import ALLOW, Verdict
from community.forum.services import counters, posts, topics
from tests.factories.forum import CategoryFactory, TagFactory, TopicFactory
from tests.factories.members import MemberFactory

from .event_log import event_names
from .test_counters import state as counted

pytestmark = pytest.mark.django_db

HELD = Verdict(hold=True, sentence="A moderator will look at it.")
LIFE = ("post.approved", "post.hidden", "post.unhidden", "post.deleted", "post.restored")

ACTIONS = {
    "approve": lambda post, by: posts.approve(post, actor=by),
    "hold": lambda post, by: posts.edit_and_hold(
        post, actor=by, source="Other words.", why="Look at it.", title="Another title"
    ),
    "hide": lambda post, by: posts.hide(post, actor=by, reason="spam"),
    "unhide": lambda post, by: posts.unhide(post, actor=by),
    "delete": lambda post, by: posts.delete(post, actor=by),
    "restore": lambda post, by: posts.restore(post, actor=by),
}
# How to reach each state: whether the post was held at first, and the actions since.
STATES = {
    "published": (ALLOW, []),
    "waiting": (HELD, []),
    "held after an edit": (ALLOW, ["hold"]),
    "hidden": (ALLOW, ["hide"]),
    "refused": (HELD, ["hide"]),
    "deleted": (ALLOW, ["delete"]),
    "deleted while it waited": (HELD, ["delete"]),
    "deleted while hidden": (ALLOW, ["hide", "delete"]),
    "deleted after it was refused": (HELD, ["hide", "delete"]),
}
# (new status, recorded event); combinations that are not listed change nothing.
EXPECTED = {
    ("published", "hold"): ("pending", "post.hidden"),
    ("published", "hide"): ("hidden", "post.hidden"),
    ("published", "delete"): ("deleted", "post.deleted"),
    ("waiting", "approve"): ("published", "post.approved"),
    ("waiting", "hide"): ("hidden", "post.hidden"),
    ("waiting", "delete"): ("deleted", "post.deleted"),
    ("held after an edit", "approve"): ("published", "post.approved"),
    ("held after an edit", "hide"): ("hidden", "post.hidden"),
    ("held after an edit", "delete"): ("deleted", "post.deleted"),
    ("hidden", "unhide"): ("published", "post.unhidden"),
    ("hidden", "delete"): ("deleted", "post.deleted"),
    ("refused", "unhide"): ("pending", "post.unhidden"),
    ("refused", "delete"): ("deleted", "post.deleted"),
    ("deleted", "restore"): ("published", "post.restored"),
    ("deleted while it waited", "restore"): ("pending", "post.restored"),
    ("deleted while hidden", "restore"): ("hidden", "post.restored"),
    ("deleted after it was refused", "restore"): ("pending", "post.restored"),
}


@pytest.fixture
def post_in(screener, moderator, settings):
    """Return a post of this kind in this state."""
    settings.HELD_POST_LISTENERS = []
    # Otherwise this month's partition would be rolled back with the first action.
    ensure_months([timezone.now()])

    def make(kind: str, state: str) -> Post:
        verdict, actions = STATES[state]
        screener(verdict)
        post = _written(kind)
        screener(ALLOW)
        for action in actions:
            ACTIONS[action](post, moderator)
        return Post.objects.get(pk=post.pk)

    return make


def _written(kind: str) -> Post:
    TagFactory(name="water")
    if kind == "reply":
        return posts.create(TopicFactory(), author=MemberFactory(), source="Descale it.")
    topic = topics.create(
        CategoryFactory(),
        author=MemberFactory(),
        kind="question",
        title="How do I clean it?",
        source="It is dirty.",
        tags=["water"],
    )
    return topic.posts.get()


def _life() -> list[str]:
    return sorted(Event.objects.filter(name__in=LIFE).values_list("name", flat=True))


def _recounted() -> list:
    counters.recount_topics(Topic.objects.values_list("pk", flat=True))
    counters.recount_categories()
    return counted()


def _row(post: Post) -> dict:
    return Post.objects.filter(pk=post.pk).values().get()


@contextmanager
def undone():
    """Roll back everything done inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("kind", ["opening", "reply"])
@pytest.mark.parametrize("state", STATES)
def test_every_action_in_every_state(post_in, moderator, kind, state, django_capture_on_commit_callbacks):
    start = post_in(kind, state)
    events = _life()
    for action, act in ACTIONS.items():
        status, event = EXPECTED.get((state, action), (start.status, None))
        cache.set(page_cache.GENERATION, "before")

        with undone():
            with django_capture_on_commit_callbacks(execute=True):
                act(start, moderator)

            post = Post.objects.get(pk=start.pk)
            assert (action, post.status) == (action, status)
            assert kind == "reply" or post.topic.status == status
            assert (action, _life()) == (action, sorted([*events, event] if event else events))
            earned = "topic.created" if kind == "opening" else "reply.created"
            assert (earned in event_names(member=post.author)) == post.is_published
            assert event is None or cache.get(page_cache.GENERATION) != "before"
            assert counted() == _recounted()


@pytest.mark.parametrize("kind", ["opening", "reply"])
@pytest.mark.parametrize("state", STATES)
def test_every_action_is_idempotent(post_in, moderator, kind, state):
    post = post_in(kind, state)
    for action, act in ACTIONS.items():
        with undone():
            act(post, moderator)
            once = (action, _row(post), Event.objects.count())

            act(post, moderator)

            assert (action, _row(post), Event.objects.count()) == once


def test_only_approval_publishes_unapproved_posts():
    ways = {pair for pair, to in posts.TRANSITIONS.items() if to == "published"}

    assert ways == {("pending", "approve")}
