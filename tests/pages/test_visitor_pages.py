"""Visitors' cached pages: invalidated when content leaves public view, and free of personal data."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from community.badges.models import Badge
from community.forum.models import Post
from community.forum.services import posts, topics, view_counts
from community.members.services.profiles import save_profile
from community.members.services.roles import set_roles
from tests.factories.badges import AwardFactory
from tests.factories.forum import CategoryFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.forum.pages import ids, page, texts, titles
from tests.support import right_after

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_screeners")]

LISTS = ["/", "/latest/", "/hot/", "/top/", "/unanswered/", "/c/machines/", "/tags/", "/tags/boilers/"]
SEARCH = "/search/?q=unspeakable"


@pytest.fixture
def topic():
    """A question with a reply that appears on every list."""
    topic = topics.create(
        CategoryFactory(slug="machines"),
        author=MemberFactory(display_name="Noor Haddad"),
        kind="question",
        title="Unspeakable boiler",
        source="It is unspeakable.",
        tags=["boilers"],
    )
    posts.create(
        topic,
        author=MemberFactory(),
        source="An unspeakable reply.",
        kind="comment",
        parent=topic.posts.get(),
    )
    return topic


@pytest.fixture
def reply(topic):
    return topic.posts.get(number=2)


def opening(topic):
    return topic.posts.get(number=1)


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def addresses(topic):
    return [*LISTS, SEARCH, topic.get_absolute_url(), f"/topics/{topic.pk}/similar/"]


def test_visitors_share_cached_pages(topic):
    costs = {address: [queries(Client(), address) > 0 for _ in range(2)] for address in addresses(topic)}

    assert set(map(tuple, costs.values())) == {(True, False)}, costs


def test_cached_pages_contain_no_personal_data(topic):
    for address in addresses(topic):
        response = Client().get(address)
        html = response.content.decode()
        assert not re.search(r"nonce|csrf", html, re.IGNORECASE), address
        assert not response.cookies


def test_links_of_cached_pages_have_known_parameters_only(topic):
    TopicFactory.create_batch(21, category=topic.category)

    for address, links in (
        ("/latest/?utm=1", "nav.pagination"),
        ("/c/machines/?utm=1&sort=top", ".tabs, .periods"),
        ("/top/?utm=1", ".periods"),
    ):
        first, second = Client().get(address), Client().get(address.replace("utm=1", "utm=2"))

        hrefs = [a.get("href") for nav in page(first).cssselect(links) for a in nav.cssselect("a")]
        assert hrefs
        assert "utm" not in first.content.decode()
        assert second.content == first.content


def test_views_of_cached_pages_are_counted(topic):
    visitors = ["192.0.2.1", "192.0.2.2"]
    for visitor in visitors:
        Client().get(topic.get_absolute_url(), REMOTE_ADDR=visitor)

    view_counts.flush()
    topic.refresh_from_db()
    assert topic.view_count == len(visitors)


# Content that leaves public view disappears at once


def hide(topic):
    posts.hide(opening(topic), actor=None, reason="flags")


def delete(topic):
    posts.delete(opening(topic), actor=MemberFactory(role="moderator"))


def hold(topic):
    posts.edit_and_hold(opening(topic), actor=topic.author, source="Other words.", why="Look at it.")


def move_out_of_sight(topic):
    topics.move(topic, to=CategoryFactory(see_by="groups"), actor=MemberFactory(role="moderator"))


def merge_out_of_sight(topic):
    private = TopicFactory(category=CategoryFactory(see_by="groups"), kind=topic.kind)
    topics.merge(topic, into=private, actor=MemberFactory(role="moderator"))


def close_the_category(topic):
    category = topic.category
    fields = {
        "name": category.name,
        "slug": category.slug,
        "kind": category.kind,
        "position": 0,
        "icon": category.icon,
        "see_by": "members",
        "reply_by": "members",
        "create_by": "members",
    }
    manager = Client()
    manager.force_login(MemberFactory(role="manager"))
    saved = manager.post(f"/admin/forum/category/{category.pk}/change/", fields)
    assert saved.status_code == 302


def is_on(response):
    """Return whether the topic itself is on the page, not one with a longer title."""
    return bool(re.search("Unspeakable boiler(?! again)", re.sub("<[^>]*>", "", response.text)))


@pytest.mark.parametrize(
    "act", [hide, delete, hold, move_out_of_sight, merge_out_of_sight, close_the_category]
)
def test_topic_that_leaves_public_view_disappears_from_every_page(client, topic, act):
    similar = f"/topics/{TopicFactory(title='Unspeakable boiler again').pk}/similar/"
    seen = [*(address for address in LISTS if address != "/tags/"), SEARCH, similar]
    before = [is_on(client.get(address)) for address in seen]
    assert client.get(topic.get_absolute_url()).status_code == 200
    client.get("/tags/")

    act(topic)

    after = [is_on(client.get(address)) for address in seen]
    assert (before, after) == ([True] * len(seen), [False] * len(seen))
    assert client.get(topic.get_absolute_url()).status_code in (301, 404)
    assert texts(client.get("/tags/"), "main a[href^='/tags/']") == []


@pytest.mark.parametrize("act", [hide, delete, move_out_of_sight])
def test_topic_that_leaves_public_view_disappears_from_feeds(client, topic, act):
    feeds = ["/feed.xml", f"/sitemap-topics-{topic.created_at:%Y-%m}.xml"]
    before = [b"unspeakable-boiler" in client.get(feed).content for feed in feeds]

    act(topic)

    after = [b"unspeakable-boiler" in client.get(feed).content for feed in feeds]
    assert (before, after) == ([True, True], [False, False])


@pytest.mark.parametrize("act", ["hide", "delete"])
def test_reply_that_leaves_public_view_disappears_at_once(client, topic, reply, act):
    before = client.get(topic.get_absolute_url()).content
    client.get(SEARCH)

    if act == "hide":
        posts.hide(reply, actor=None, reason="flags")
    else:
        posts.delete(reply, actor=reply.author)

    assert b"unspeakable reply" in before
    assert b"unspeakable reply" not in client.get(topic.get_absolute_url()).content
    assert b"unspeakable</mark> reply" not in client.get(SEARCH).content


def test_text_edited_out_of_a_reply_disappears_at_once(client, topic, reply):
    client.get(topic.get_absolute_url())
    client.get("/search/?q=reply")

    posts.edit(reply, actor=reply.author, source="None of your business.")

    assert b"unspeakable reply" not in client.get(topic.get_absolute_url()).content
    assert titles(client.get("/search/?q=reply")) == []


def test_text_edited_out_of_a_title_disappears_at_once(client, topic):
    for address in LISTS:
        client.get(address)

    topics.edit(topic, actor=topic.author, title="Boiler of mine", tags=["boilers"])

    assert [b"Unspeakable" in client.get(address).content for address in LISTS] == [False] * len(LISTS)


def test_posts_split_off_disappear_at_once(client, topic):
    answer = posts.create(topic, author=MemberFactory(), source="Have it serviced.")
    client.get(topic.get_absolute_url())

    topics.split(
        topic,
        [answer],
        title="Another matter",
        category=topic.category,
        kind="question",
        actor=MemberFactory(role="moderator"),
    )

    assert answer.pk not in ids(client.get(topic.get_absolute_url()))


def test_new_name_and_role_of_an_author_appear_at_once(client, topic):
    client.get(topic.get_absolute_url())

    save_profile(topic.author, display_name="Noor Karim")
    named = client.get(topic.get_absolute_url())
    set_roles(topic.author, ["support"])

    assert texts(named, ".post .person-name")[0] == "Noor Karim"
    assert b"Noor Haddad" not in named.content
    assert texts(client.get(topic.get_absolute_url()), ".post .role") == ["Support"]


def test_name_changed_in_the_admin_appears_at_once(client, topic):
    author = topic.author
    manager = Client()
    manager.force_login(MemberFactory(role="manager"))
    form = page(manager.get(f"/admin/members/member/{author.pk}/change/")).cssselect("#member_form")[0]
    client.get(topic.get_absolute_url())

    data = {**dict(form.form_values()), "display_name": "Noor Karim"}
    saved = manager.post(f"/admin/members/member/{author.pk}/change/", data)

    assert saved.status_code == 302
    assert texts(client.get(topic.get_absolute_url()), ".post .person-name")[0] == "Noor Karim"


def test_badge_retired_in_the_catalogue_disappears_at_once(client, topic):
    award = AwardFactory(member=topic.author, post=opening(topic), badge=Badge.objects.first())
    manager = Client()
    manager.force_login(MemberFactory(role="manager"))
    address = f"/admin/badges/badge/{award.badge_id}/change/"
    form = page(manager.get(address)).cssselect("#badge_form")[0]
    card = f"{topic.author.get_absolute_url()}card/"
    client.get(card)

    saved = manager.post(address, {**dict(form.form_values()), "name": "Another name"})

    assert saved.status_code == 302
    assert texts(client.get(card), ".card-badges li") == ["Another name"]


def test_page_rendered_during_a_change_is_not_cached(client, topic, reply):
    with right_after(
        'FROM "forum_post" INNER JOIN "members_member"',
        lambda: posts.hide(reply, actor=None, reason="flags"),
    ):
        before = client.get(topic.get_absolute_url())

    assert b"unspeakable reply" in before.content
    assert b"unspeakable reply" not in client.get(topic.get_absolute_url()).content


def test_missing_pages_are_not_cached(client):
    assert client.get("/c/nowhere/").status_code == 404
    CategoryFactory(slug="nowhere")

    assert client.get("/c/nowhere/").status_code == 200


# Nothing leaks between readers


def test_members_never_get_a_cached_page(client, topic):
    client.get(topic.get_absolute_url())
    client.force_login(MemberFactory())

    assert texts(client.get(topic.get_absolute_url()), "#reply-title") == ["Your answer"]


def test_visitors_never_get_a_page_for_a_member(client, topic):
    client.force_login(MemberFactory())
    client.get(topic.get_absolute_url())
    client.logout()

    assert texts(client.get(topic.get_absolute_url()), "#reply-title") == []


def test_members_see_replies_likes_and_votes_at_once(client, topic):
    client.get(topic.get_absolute_url())
    client.force_login(MemberFactory())
    client.get(topic.get_absolute_url())

    new = posts.create(topic, author=MemberFactory(), source="A fresh answer to it.")

    assert Post.objects.get(pk=new.pk).is_answer
    assert new.pk in ids(client.get(topic.get_absolute_url()))


def test_each_theme_is_cached_separately(client, topic):
    client.cookies["theme"] = "dark"
    dark = client.get(topic.get_absolute_url()).content
    client.cookies["theme"] = "light"
    light = client.get(topic.get_absolute_url()).content

    assert (b'data-theme="dark"' in dark, b'data-theme="light"' in light) == (True, True)
