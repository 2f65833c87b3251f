"""The history of a post, and hiding one of its revisions."""

import pytest
from django.contrib.auth.models import AnonymousUser

from community.core.permissions import Refused
from community.forum import rules
from community.forum.services import posts, revisions, topics
from community.moderation.models import AuditEntry
from tests.counting import queries_of
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import MemberFactory

from .pages import page, texts

pytestmark = pytest.mark.django_db

SECRET = "Call Walter on zebra-stripes."
LINE = "A moderator hid this version."
READERS = ["visitor", "member", "author", "sales", "support", "product"]
MODERATORS = ["moderator", "manager"]


@pytest.fixture
def post():
    """A post with a secret in its first revision, edited twice."""
    post = PostFactory(source=SECRET)
    for words in ("Write to Walter.", "Write to Walter, kindly."):
        post = posts.edit(post, actor=post.author, source=words, reason=f"better: {words}")
    return post


def version(post, number):
    return post.revisions.get(number=number)


def hide(post, number=1):
    return revisions.hide(version(post, number), actor=MemberFactory(role="moderator"))


def come_as(log_in, who, post):
    """Log in as this kind of reader, and return them."""
    if who == "visitor":
        return AnonymousUser()
    if who == "author":
        return log_in(post.author)
    return log_in(role="" if who == "member" else who)


def history(client, post):
    return client.get(f"/posts/{post.pk}/history/")


def address(post, act, number=1):
    return f"/posts/{post.pk}/versions/{number}/{act}/"


# The service


def test_hide_revision_stores_who_and_when(post):
    moderator = MemberFactory(role="moderator")

    revisions.hide(version(post, 1), actor=moderator)

    assert (version(post, 1).hidden_by, version(post, 1).is_hidden) == (moderator, True)
    assert version(post, 1).source == SECRET


def test_hide_revision_is_idempotent(post):
    for _ in range(2):
        hide(post)

    entry = AuditEntry.objects.get(act="revision.hide")
    assert (entry.object_type, entry.object_id) == ("forum.post", str(post.pk))
    assert (entry.before, entry.after) == (
        {"version": 1, "hidden": False},
        {"version": 1, "hidden": True},
    )


def test_show_revision_is_idempotent(post):
    moderator = MemberFactory(role="moderator")
    hidden = hide(post)

    for _ in range(2):
        revisions.show(hidden, actor=moderator)

    assert (version(post, 1).hidden_by, version(post, 1).is_hidden) == (None, False)
    assert AuditEntry.objects.get(act="revision.show").after == {"version": 1, "hidden": False}


def test_the_newest_version_cannot_be_hidden(post):
    with pytest.raises(Refused) as refusal:
        hide(post, 3)

    assert refusal.value.sentence == (
        "This is the current version. Edit the post first, or hide the whole post."
    )


# Visibility


@pytest.mark.parametrize("who", READERS + MODERATORS)
def test_hidden_version_is_readable_by_moderators_only(log_in, post, who):
    hide(post)
    reader = come_as(log_in, who, post)

    allowed = [v.number for v in post.revisions.all() if rules.can_read_version(reader, v)]

    assert allowed == ([1, 2, 3] if who in MODERATORS else [2, 3])


@pytest.mark.parametrize("who", READERS)
def test_history_does_not_show_hidden_text(client, log_in, post, who):
    hide(post)
    come_as(log_in, who, post)

    response = history(client, post)

    assert LINE in texts(response, ".card p")
    assert not {"Call", "zebra", "stripes."} & set(response.content.decode().replace("-", " ").split())
    assert texts(response, "del") == []
    assert texts(response, ".version-form") == []


@pytest.mark.parametrize("who", READERS)
def test_history_shows_the_version_after_a_hidden_one_whole(client, log_in, post, who):
    hide(post)
    come_as(log_in, who, post)

    assert texts(history(client, post), ".diff") == ["Write to Walter, kindly.", "Write to Walter."]


def test_history_compares_nothing_with_a_hidden_version_between_two(client, post):
    hide(post, 2)

    response = history(client, post)

    assert texts(response, ".diff") == ["Write to Walter, kindly.", SECRET]
    assert "“better: Write to Walter.”" not in texts(response, ".card p")


@pytest.mark.parametrize("who", MODERATORS)
def test_history_shows_moderators_everything(client, log_in, post, who):
    hide(post)
    come_as(log_in, who, post)

    response = history(client, post)

    assert texts(response, ".diff")[-1] == SECRET
    assert LINE not in texts(response, ".card p")
    assert texts(response, ".version-form button") == ["Hide this version", "Unhide this version"]


def test_history_keeps_an_earlier_title_too(client):
    topic = TopicFactory(title="Walter of 12 Mill Lane")
    topics.edit(topic, actor=topic.author, title="A neighbour of mine", tags=[])
    hide(topic.posts.get())

    response = history(client, topic.posts.get())

    assert "Mill Lane" not in response.content.decode()
    assert "Title: A neighbour of mine" in texts(response, ".card p")


def test_history_costs_the_same_for_two_versions_and_for_four(client, post, log_in):
    log_in(role="moderator")
    few = queries_of(client, f"/posts/{post.pk}/history/")
    for words in ("Four.", "Five."):
        posts.edit(post, actor=post.author, source=words)
    for number in (1, 2, 3):
        hide(post, number)

    assert queries_of(client, f"/posts/{post.pk}/history/") == few


# Hiding and unhiding


@pytest.mark.parametrize("who", MODERATORS)
def test_revision_hide_in_place(client, log_in, htmx, post, who):
    moderator = come_as(log_in, who, post)

    response = client.post(address(post, "hide"), headers=htmx)

    assert version(post, 1).hidden_by == moderator
    assert texts(response, ".version-form button") == ["Hide this version", "Unhide this version"]
    assert "<html" not in response.content.decode()


def test_revision_hide_and_show_as_a_page(client, log_in, post):
    log_in(role="moderator")

    hidden = client.post(address(post, "hide"))
    was_hidden = version(post, 1).is_hidden
    shown = client.post(address(post, "show"))

    assert hidden.url == shown.url == f"/posts/{post.pk}/history/"
    assert (was_hidden, version(post, 1).is_hidden) == (True, False)


@pytest.mark.parametrize("act", ["hide", "show"])
@pytest.mark.parametrize("who", [who for who in READERS if who != "visitor"])
def test_hiding_versions_requires_a_moderator(client, log_in, post, who, act):
    if act == "show":
        hide(post)
    come_as(log_in, who, post)

    response = client.post(address(post, act))

    assert response.status_code == 403
    assert "Only moderators can hide or show versions." in response.content.decode()
    assert version(post, 1).is_hidden is (act == "show")


@pytest.mark.parametrize("act", ["hide", "show"])
def test_hiding_versions_requires_a_log_in(client, post, act):
    assert client.post(address(post, act)).url.startswith("/accounts/login/")


def test_revision_hide_of_the_newest_is_refused(client, log_in, post):
    log_in(role="moderator")

    response = client.post(address(post, "hide", 3))

    assert response.status_code == 403
    assert "This is the current version." in response.content.decode()


def test_an_unknown_version_is_not_found(client, log_in, post):
    log_in(role="moderator")

    assert client.post(address(post, "hide", 9)).status_code == 404


def test_hiding_requires_post(client, log_in, post):
    log_in(role="moderator")

    assert client.get(address(post, "hide")).status_code == 405


def test_long_history_is_paginated(client, htmx, log_in, post):
    moderator = log_in(role="moderator")
    for number in range(25):
        posts.edit(post, actor=moderator, source=f"Words of change {number}.")
    address = f"/posts/{post.pk}/history/"

    first, second = (client.get(f"{address}?page={n}") for n in (1, 2))

    total = post.revisions.count()
    assert len(texts(first, "section.card h2")) == 20
    assert texts(second, "section.card h2")[0] == f"Version {total - 20}"
    assert texts(second, "section.card h2")[-1] == "First version"
    assert texts(second, "ins, .diff")  # compared with the previous version, even across pages
    newest = page(second).cssselect("form.version-form")[0]
    hidden = client.post(newest.get("hx-post"), headers=htmx)
    assert "Only moderators can see it." in texts(hidden, f"section[aria-labelledby=v{total - 20}]")[0]
