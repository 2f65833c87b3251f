"""Pages at a rate limit: the form with what was typed, the message and Retry-After."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from community.forum.models import Post, Topic
from community.moderation.models import Flag
from community.qa.models import Vote
from tests.factories.forum import AnswerFactory, CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.prospects import RosterEntryFactory, a_prospect_asks
from tests.forum.pages import page, texts
from tests.forum.readers import a_customer, client_of

pytestmark = pytest.mark.django_db

TYPED = "Something I have thought about for a long time."
ALERT = "form [role=alert]"
POSTED_A_LOT = "You have posted a lot in a short time. "


def a_new_member():
    """A member whose posts are not held, and for whom the pause between posts is over."""
    member = MemberFactory(joined_at=timezone.now() - timedelta(hours=1))
    PostFactory(author=member, created_at=timezone.now() - timedelta(minutes=30))
    return member


READERS = {
    "member": a_customer,
    "new member": a_new_member,
    "moderator": lambda: MemberFactory(role="moderator"),
}


@pytest.fixture(params=READERS.values(), ids=READERS)
def reader(request, db):
    return request.param()


@pytest.fixture
def one_of_each(settings):
    """Limit every action of members to one an hour."""
    names = ("topics", "posts", "edits", "reactions", "flags", "previews", "suggestions", "searches")
    settings.RATE_LIMITS = dict.fromkeys(names, "1/hour")


def assert_limited(response, sentence=""):
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert sentence in response.content.decode()


def typed_in(response, name="source"):
    return page(response).cssselect(f"form.form [name={name}]")[0].text_content().strip()


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["plain", "htmx"])
def test_reply_over_the_limit_keeps_its_text(reader, headers):
    client, topics = client_of(reader), TopicFactory.create_batch(2)
    first = client.post(
        f"/topics/{topics[0].pk}/reply/", {"source": "The first of the hour."}, headers=headers
    )
    # The pause between posts of new members is tested elsewhere.
    Post.objects.filter(author=reader).update(created_at=timezone.now() - timedelta(minutes=5))

    again = [
        client.post(f"/topics/{topics[1].pk}/reply/", {"source": TYPED}, headers=headers) for _ in range(2)
    ]

    assert first.status_code in (200, 302)
    for response in again:
        assert_limited(response)
        assert texts(response, ALERT)[0].startswith(POSTED_A_LOT)
        assert typed_in(response) == TYPED
        assert response["HX-Retarget"] == "this"
        assert ("<html" in response.content.decode()) is (not headers)
    assert not Post.objects.filter(topic=topics[1], author=reader).exists()


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["plain", "htmx"])
def test_comment_over_the_limit_keeps_its_text(headers):
    client, post = client_of(a_customer()), AnswerFactory()
    address = f"/posts/{post.pk}/comment/"
    client.post(address, {"source": "The first of the hour."}, headers=headers)

    response = client.post(address, {"source": TYPED}, headers=headers)

    assert_limited(response, POSTED_A_LOT)
    assert typed_in(response) == TYPED


@pytest.mark.usefixtures("one_of_each")
def test_topic_over_the_limit_keeps_its_text(reader):
    client, category = client_of(reader), CategoryFactory()
    typed = {"category": category.pk, "kind": "discussion", "title": "The first of the hour", "source": TYPED}
    first = client.post("/new/", typed)
    Post.objects.filter(author=reader).update(created_at=timezone.now() - timedelta(minutes=5))

    response = client.post("/new/", {**typed, "title": "The second of the hour", "tags": "steam"})

    assert first.status_code == 302
    assert_limited(response, "You have started a lot of topics in a short time. ")
    assert typed_in(response) == TYPED
    assert page(response).cssselect("[name=title]")[0].get("value") == "The second of the hour"
    assert page(response).cssselect("[name=tags]")[0].get("value") == "steam"
    assert Topic.objects.filter(author=reader).count() == 1


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["plain", "htmx"])
def test_edit_over_the_limit_keeps_its_text(headers):
    post = PostFactory(author=a_customer())
    client = client_of(post.author)
    client.post(f"/posts/{post.pk}/edit/", {"source": "The first of the hour."}, headers=headers)

    response = client.post(f"/posts/{post.pk}/edit/", {"source": TYPED}, headers=headers)

    assert_limited(response, "You have edited a lot in a short time. ")
    assert typed_in(response) == TYPED
    post.refresh_from_db()
    assert post.source == "The first of the hour."


@pytest.mark.usefixtures("one_of_each")
def test_desk_reply_over_the_limit_keeps_its_text():
    entry = RosterEntryFactory()
    client = client_of(entry.member)
    questions = [a_prospect_asks(entry.forum) for _ in range(2)]
    client.post(f"/desk/{questions[0].pk}/reply/", {"source": "The first of the hour."})

    response = client.post(f"/desk/{questions[1].pk}/reply/", {"source": TYPED})

    assert_limited(response, POSTED_A_LOT)
    assert typed_in(response) == TYPED


@pytest.mark.usefixtures("one_of_each")
def test_flag_over_the_limit_keeps_its_text():
    client, posts = client_of(a_customer()), PostFactory.create_batch(2)
    client.post(f"/p/{posts[0].pk}/flag/", {"reason": "other", "text": "The first of the hour."})

    response = client.post(f"/p/{posts[1].pk}/flag/", {"reason": "other", "text": TYPED})

    assert_limited(response, "You have flagged a lot of posts in a short time. ")
    assert typed_in(response, "text") == TYPED
    assert Flag.objects.count() == 1


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("action", ["like", "up"])
def test_reaction_over_the_limit_shows_an_error_page(reader, action):
    client, answers = client_of(reader), AnswerFactory.create_batch(2)
    client.post("/posts/react/", {action: answers[0].pk})

    response = client.post("/posts/react/", {action: answers[1].pk})

    assert_limited(response)
    assert texts(response, "h1") == ["Too many requests"]
    assert texts(response, "[data-error-sentence]")[0].startswith(
        "You have liked and voted a lot in a short time. "
    )
    assert not Vote.objects.filter(post=answers[1]).exists()


@pytest.mark.usefixtures("one_of_each")
def test_reaction_over_the_limit_shows_a_toast_with_htmx(htmx):
    client, answers = client_of(a_customer()), AnswerFactory.create_batch(2)
    client.post("/posts/react/", {"like": answers[0].pk}, headers=htmx)

    response = client.post("/posts/react/", {"like": answers[1].pk}, headers=htmx)

    assert_limited(response)
    assert response["HX-Reswap"] == "none"
    assert json.loads(response["HX-Trigger"])["toast"]["message"].startswith(
        "You have liked and voted a lot "
    )


@pytest.mark.usefixtures("one_of_each")
def test_preview_over_the_limit_shows_the_message():
    client = client_of(a_customer())
    client.post("/new/preview/", {"source": TYPED})

    response = client.post("/new/preview/", {"source": TYPED})

    assert_limited(response)
    assert texts(response, ".prose p") == ["The preview is paused for 60 minutes. You can keep writing."]


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("which", ["reply", "topic", "edit"])
def test_preview_without_scripts_over_the_limit_keeps_the_text(which):
    post = PostFactory(author=a_customer())
    address = {
        "reply": f"/topics/{post.topic_id}/reply/",
        "topic": "/new/",
        "edit": f"/posts/{post.pk}/edit/",
    }[which]
    client, typed = client_of(post.author), {"source": TYPED, "preview": "1"}
    first = client.post(address, typed)

    response = client.post(address, typed)

    assert first.status_code == 200
    assert_limited(response, "The preview is paused for 60 minutes. You can keep writing.")
    assert typed_in(response) == TYPED


@pytest.mark.usefixtures("one_of_each")
def test_suggestions_over_the_limit_are_empty(htmx):
    client = client_of(a_customer())
    client.get("/new/similar/?title=steam", headers=htmx)

    similar = client.get("/new/similar/?title=steam", headers=htmx)
    mentions = client.get("/new/mentions/?q=a", headers={"accept": "application/json"})

    assert_limited(similar)
    assert similar["HX-Reswap"] == "none"
    assert_limited(mentions)
    assert mentions.json()["detail"].startswith("Suggestions are paused for ")


@pytest.mark.usefixtures("one_of_each")
def test_search_over_the_limit_keeps_the_query(reader):
    client = client_of(reader)
    client.get("/search/?q=gasket")

    responses = [client.get("/search/?q=gasket+%26+steam") for _ in range(2)]

    for response in responses:
        assert_limited(response)
        assert texts(response, "main [role=alert]")[0].startswith("You have searched a lot in a short time. ")
        assert page(response).cssselect("main [name=q]")[0].get("value") == "gasket & steam"
        assert texts(response, ".empty") == []


def test_search_by_visitors_is_limited_per_ip(settings):
    settings.RATE_LIMITS = {"visitor-searches": "1/hour"}

    codes = [
        Client().get(f"/search/?q={words}", REMOTE_ADDR=address).status_code
        for words, address in (("a", "203.0.113.7"), ("b", "203.0.113.7"), ("c", "203.0.113.8"))
    ]
    member = client_of(a_customer()).get("/search/?q=d", REMOTE_ADDR="203.0.113.7")

    assert codes == [200, 429, 200]
    assert member.status_code == 200


def test_search_counts_visitors_per_ip(settings):
    settings.RATE_LIMITS = {"visitor-searches": "1/hour"}

    codes = [
        Client().get(f"/search/?q={words}", REMOTE_ADDR=address).status_code
        for words, address in (("a", "203.0.113.7"), ("b", "203.0.113.7"), ("c", "203.0.113.8"))
    ]

    assert codes == [200, 429, 200]


def test_search_over_the_limit_is_not_cached(client, settings):
    settings.RATE_LIMITS = {"visitor-searches": "1/hour"}
    client.get("/search/?q=first")
    limited = client.get("/search/?q=gasket", REMOTE_ADDR="127.0.0.1")

    other = client.get("/search/?q=gasket", REMOTE_ADDR="203.0.113.8")

    assert (limited.status_code, other.status_code) == (429, 200)


@pytest.mark.usefixtures("one_of_each")
def test_opening_the_search_page_is_not_counted():
    client = client_of(a_customer())

    assert [client.get("/search/").status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock?db=0"])
@pytest.mark.usefixtures("one_of_each")
def test_posting_and_searching_work_without_redis(settings, url):
    settings.REDIS_URL = url
    client, topic = client_of(a_customer()), TopicFactory()

    codes = [
        client.post(f"/topics/{topic.pk}/reply/", {"source": f"{TYPED} {n}"}).status_code for n in range(3)
    ]
    codes += [client.get(f"/search/?q={n}").status_code for n in range(3)]

    assert codes == [302] * 3 + [200] * 3
