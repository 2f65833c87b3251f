"""Nobody can act on objects that they may not see: POST to every URL."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

from community.forum.models import Like, Post, Revision, Topic
from community.moderation.models import Flag
from community.qa.models import Question, Vote
from tests.support import url_patterns

from .test_visibility import INSIDERS, MODERATORS, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db

REFUSED = {403, 404, 405, 410}
OUTSIDERS = ("visitor", "member", "sales")
# Satisfies every form.
SENT = {
    "value": "1",
    "source": "Words that are long enough.",
    "reason": "other",
    "explanation": "Because.",
    "note": "Because.",
    "text": "Because it is so.",
    "title": "A title that is long enough",
    "member": "1",
    "category": "1",
    "into": "1",
    "posts": "1",
    "kind": "discussion",
}


def acts(parameter, value):
    """Yield every URL with this parameter."""
    for pattern in url_patterns():
        if f"{parameter}>" in pattern and not pattern.startswith(("admin/", "api/", "accounts/", "^")):
            address = re.sub(rf"<(?:\w+:)?{parameter}>", str(value), pattern)
            yield "/" + re.sub(r"<(?:slug:)?slug>", "any", address).replace("<int:number>", "1")


def everything():
    """Return all rows that actions could change."""
    models = (Like, Vote, Flag, Revision, Question, Post, Topic)
    rows = [list(model.objects.order_by("pk").values_list("pk", flat=True)) for model in models]
    return [*rows, list(Post.objects.order_by("pk").values_list("source", "status", "score", "topic"))]


@pytest.mark.parametrize("reader", OUTSIDERS)
def test_no_action_on_hidden_objects(world, reader):
    client = Client()
    if reader != "visitor":
        client.force_login(world.readers[reader])
    secret = [
        topic for topic in world.topics if topic.title.startswith("marzipan") and _is_secret(world, topic)
    ]
    before, let_in = everything(), []

    for topic in secret:
        sent = [*acts("topic_id", topic.pk)]
        for post in topic.posts.all():
            sent += acts("post_id", post.pk)
        for address in sent:
            cache.clear()
            response = client.post(address, SENT)
            away = response.status_code == 302 and response.url.startswith("/accounts/login/")
            let_in += [] if away or response.status_code in REFUSED else [(address, response.status_code)]

    assert len(secret) >= 5
    assert let_in == []
    assert everything() == before


def _is_secret(world, topic):
    return any(
        word in topic.title and readers in (INSIDERS, MODERATORS, MODERATORS | {"author"})
        for word, readers in world.secrets.items()
    )


@pytest.mark.parametrize("status", ["pending", "hidden", "deleted"])
def test_no_action_on_hidden_posts(world, status):
    client = Client()
    client.force_login(world.readers["member"])
    post = next(post for post in world.posts if f"{status}reply" in post.source)
    before = everything()

    for address in acts("post_id", post.pk):
        client.post(address, SENT)

    assert everything() == before
