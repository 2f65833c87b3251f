"""Members are asked for a picture beside their first post, once."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from community.forum.models import Post
from community.members.models import Member
from tests.factories.forum import AnswerFactory, CategoryFactory, PostFactory, TopicFactory
from tests.forum.pages import page, texts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_screeners")]

FACE = Path(__file__).parent.parent / "browser/face.png"


def write(client, topic=None, **fields):
    topic = topic or TopicFactory()
    client.post(
        f"/topics/{topic.pk}/reply/", {"source": f"I would clean it {topic.posts.count()} times.", **fields}
    )
    return Post.objects.order_by("pk").last()


def asked_on(client, topic):
    """Return the posts beside which the reader is asked."""
    found = page(client.get(topic.get_absolute_url())).cssselect(".post:has(.picture-form)")
    return [int(post.get("id")[1:]) for post in found]


def test_first_post_asks_and_later_ones_do_not(client, log_in):
    log_in()
    first = write(client)
    second = write(client, first.topic)

    assert asked_on(client, first.topic) == [first.pk] != [second.pk]


def test_first_topic_asks(client, log_in):
    log_in()
    typed = {
        "category": CategoryFactory(kind="qa").pk,
        "kind": "question",
        "title": "Why is my machine so loud?",
    }
    client.post("/new/", {**typed, "source": "It is loud in the morning."})
    opening = Post.objects.get()

    assert asked_on(client, opening.topic) == [opening.pk]


def test_reply_by_htmx_asks_at_once(client, log_in, htmx):
    log_in()
    topic = TopicFactory()

    response = client.post(f"/topics/{topic.pk}/reply/", {"source": "I would clean it."}, headers=htmx)

    assert texts(response, ".post .picture-form h3") == ["Help people recognise you"]


def test_nobody_else_is_asked(client, log_in):
    member = log_in()
    post = write(client)
    client.logout()
    visitor = asked_on(client, post.topic)
    log_in(role="moderator")
    moderator = asked_on(client, post.topic)
    Member.objects.filter(pk=member.pk).update(avatar="avatars/x.webp")
    client.force_login(member)

    assert (visitor, moderator, asked_on(client, post.topic)) == ([], [], [])


def test_comments_and_members_with_a_picture_do_not_start_it(client, log_in):
    member = log_in()
    answer = AnswerFactory()
    client.post(f"/posts/{answer.pk}/comment/", {"source": "Which valve is it?"})
    member.refresh_from_db()
    after_comment = member.picture_asked_on
    pictured = log_in(avatar="avatars/x.webp")
    write(client)
    pictured.refresh_from_db()

    assert (after_comment, pictured.picture_asked_on) == (None, None)


@pytest.mark.parametrize("by_htmx", [True, False])
def test_declining_is_for_good(client, log_in, htmx, by_htmx):
    log_in()
    post = write(client)

    for _ in range(2):
        response = client.post(
            f"/posts/{post.pk}/picture/", {"decline": "1"}, headers=htmx if by_htmx else {}
        )

    assert response.status_code == (200 if by_htmx else 302)
    again = write(client)
    assert (asked_on(client, post.topic), asked_on(client, again.topic)) == ([], [])


@pytest.mark.parametrize("by_htmx", [True, False])
def test_a_picture_is_saved_and_shown(client, log_in, htmx, by_htmx):
    member = log_in()
    post = write(client)
    upload = SimpleUploadedFile("face.png", FACE.read_bytes(), content_type="image/png")

    response = client.post(f"/posts/{post.pk}/picture/", {"avatar": upload}, headers=htmx if by_htmx else {})

    member.refresh_from_db()
    assert response.get("HX-Redirect", response.get("Location")) == post.get_absolute_url()
    assert member.avatar.name.endswith(".webp")
    assert asked_on(client, post.topic) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "Choose a picture first."),
        (b"<svg>", "We could not read this picture. Use a JPEG, PNG, WebP or GIF file."),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(client, log_in, htmx, content, sentence):
    member = log_in()
    post = write(client)

    def send(**kwargs):
        data = {"avatar": SimpleUploadedFile("face.png", content)} if content else {}
        return client.post(f"/posts/{post.pk}/picture/", data, **kwargs)

    in_place = send(headers=htmx)
    plain = send(follow=True)

    assert (in_place.status_code, sentence in in_place["HX-Trigger"]) == (204, True)
    assert texts(plain, ".messages") == [sentence]
    member.refresh_from_db()
    assert not member.avatar


@pytest.mark.parametrize(("who", "status"), [("visitor", 302), ("member", 403), ("moderator", 403)])
def test_others_cannot_answer(client, log_in, who, status):
    post = PostFactory()
    if who != "visitor":
        log_in(role="moderator" if who == "moderator" else "")

    assert client.post(f"/posts/{post.pk}/picture/", {"decline": "1"}).status_code == status
    post.author.refresh_from_db()
    assert post.author.picture_asked_on is None


def test_only_post_requests_count(client, log_in):
    post = PostFactory(author=log_in())

    assert client.get(f"/posts/{post.pk}/picture/").status_code == 405
