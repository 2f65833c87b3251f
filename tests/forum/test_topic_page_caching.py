"""Topic pages are never stale, and never show another reader's data."""

from io import BytesIO

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from PIL import Image

from community.badges.services.awards import give_badge, take_back
from community.forum.models import Category
from community.forum.screening import Verdict
from community.forum.services import likes, posts, topics
from community.members.services.profiles import save_profile, set_avatar
from community.members.services.roles import set_roles
from community.qa.services import accept_answer, mark_official, unmark_official, vote
from tests.counting import queries_of
from tests.factories.badges import BadgeFactory
from tests.factories.forum import AnswerFactory, CategoryFactory, CommentFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory

from .pages import ids, page, texts
from .readers import a_customer, client_of, member_of_a_group

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def answer():
    return AnswerFactory(author__display_name="Ada Winter", topic__author__display_name="Noor Haddad")


@pytest.fixture
def topic(answer):
    return answer.topic


@pytest.fixture
def reader(client, topic):
    """A reader who opens the topic after another member did."""
    client_of(a_customer()).get(topic.get_absolute_url())
    client.force_login(a_customer())
    client.get(topic.get_absolute_url())
    return client


def seen(client, topic, selector):
    return texts(client.get(topic.get_absolute_url()), selector)


# Nothing is stale


def test_edit_appears_at_once(reader, topic, answer):
    posts.edit(answer, actor=answer.author, source="Descale it with citric acid, not vinegar.")

    assert "Descale it" in seen(reader, topic, f"#p{answer.pk} .prose")[0]


def test_new_title_appears_at_once(client, reader, topic):
    topics.edit(topic, actor=topic.author, title="Scale in the boiler of my machine", tags=[])

    assert texts(client.get(topic.get_absolute_url(), follow=True), "h1") == [
        "Scale in the boiler of my machine"
    ]


def test_others_like_appears_at_once(reader, topic, answer):
    likes.add(answer, member=MemberFactory())

    assert seen(reader, topic, f"#p{answer.pk} [aria-label^=Like]") == ["1"]


def test_own_like_and_unlike_appear_at_once(reader, topic, answer):
    def pressed():
        buttons = page(reader.get(topic.get_absolute_url())).cssselect(f"#p{answer.pk} [aria-label^=Like]")
        return [(b.get("aria-pressed"), b.get("name"), b.text_content().strip()) for b in buttons]

    reader.post("/posts/react/", {"like": answer.pk})
    after_like = pressed()
    reader.post("/posts/react/", {"unlike": answer.pk})

    assert after_like == [("true", "unlike", "1")]
    assert pressed() == [("false", "like", "")]


@pytest.mark.parametrize(("vote", "value"), [("up", 1), ("down", -1)])
def test_own_vote_appears_at_once(reader, topic, answer, vote, value):
    reader.post("/posts/react/", {vote: answer.pk})

    buttons = page(reader.get(topic.get_absolute_url())).cssselect(f"#p{answer.pk} .votes button")
    assert [button.get("aria-pressed") for button in buttons] == [
        str(vote == name).lower() for name in ("up", "down")
    ]
    assert seen(reader, topic, f"#p{answer.pk} .votes b")[0].startswith(str(value))
    assert [button.get("name") for button in buttons] == [
        "unvote" if vote == name else name for name in ("up", "down")
    ]


def test_others_vote_appears_at_once(reader, topic, answer):
    vote(answer, member=MemberFactory(), value=1)

    assert seen(reader, topic, f"#p{answer.pk} .votes b") == ["1 vote"]


def test_acceptance_appears_at_once(reader, topic, answer):
    accept_answer(answer, actor=topic.author)

    assert len(seen(reader, topic, f"#p{answer.pk} .accepted-mark")) == 1


def test_official_mark_appears_and_disappears_at_once(reader, topic, answer):
    staff = MemberFactory(role="support")
    mark_official(answer, actor=staff)
    marked = seen(reader, topic, f"#p{answer.pk} .answer-mark")
    unmark_official(answer, actor=staff)

    assert (len(marked), seen(reader, topic, f"#p{answer.pk} .answer-mark")) == (1, [])


def test_comment_and_reply_appear_at_once(reader, topic, answer):
    comment = posts.create(topic, author=MemberFactory(), source="Thank you.", parent=answer, kind="comment")
    another = posts.create(topic, author=MemberFactory(), source="Have it serviced instead.")

    response = reader.get(topic.get_absolute_url())

    assert len(page(response).cssselect(f"#p{answer.pk} #p{comment.pk}")) == 1
    assert another.pk in ids(response)


def test_new_name_of_an_author_appears_at_once(reader, topic, answer):
    save_profile(answer.author, display_name="Ada Summer")

    assert seen(reader, topic, f"#p{answer.pk} .person-name") == ["Ada Summer"]


def test_new_picture_of_an_author_appears_at_once(reader, topic, answer):
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    set_avatar(answer.author, picture.getvalue())

    assert page(reader.get(topic.get_absolute_url())).cssselect(f"#p{answer.pk} img.avatar")


def test_new_role_of_an_author_appears_at_once(reader, topic, answer):
    set_roles(answer.author, ["support"])

    assert seen(reader, topic, f"#p{answer.pk} .role") == ["Support"]


def badges_of(reader, author):
    return texts(reader.get(f"{author.get_absolute_url()}card/"), ".card-badges li")


def test_badge_on_the_card_appears_and_disappears_at_once(reader, answer):
    manager = MemberFactory(role="manager")
    award = give_badge(BadgeFactory(name="Helper"), member=answer.author, actor=manager, reason="x")
    given = badges_of(reader, answer.author)
    take_back(award, actor=manager, reason="x")

    assert (given, badges_of(reader, answer.author)) == (["Helper"], [])


def test_badge_renamed_in_the_admin_appears_at_once(reader, answer):
    manager = MemberFactory(role="manager", is_staff=True)
    badge = BadgeFactory(name="Helper")
    give_badge(badge, member=answer.author, actor=manager, reason="x")
    badges_of(reader, answer.author)
    fields = ("slug", "sentence", "icon", "level", "series", "source", "position")
    data = {name: getattr(badge, name) for name in fields} | {"is_active": "on", "rule": '{"by": "hand"}'}

    changed = client_of(manager).post(f"/admin/badges/badge/{badge.pk}/change/", {**data, "name": "Rescuer"})

    assert changed.status_code == 302
    assert badges_of(reader, answer.author) == ["Rescuer"]


def test_hidden_text_disappears_and_returns_at_once(reader, topic, answer):
    posts.hide(answer, actor=None, reason="flags")
    while_hidden = seen(reader, topic, f"#p{answer.pk} .prose")
    posts.unhide(answer, actor=None)

    assert (while_hidden, len(seen(reader, topic, f"#p{answer.pk} .prose"))) == ([], 1)


def test_deleted_text_disappears_and_returns_at_once(reader, topic, answer):
    posts.delete(answer, actor=MemberFactory(role="moderator"))
    while_deleted = seen(reader, topic, f"#p{answer.pk} .prose")
    posts.restore(answer, actor=MemberFactory(role="moderator"))

    assert (while_deleted, len(seen(reader, topic, f"#p{answer.pk} .prose"))) == ([], 1)


def test_closing_appears_at_once(reader, topic):
    topics.close(topic, actor=MemberFactory(role="moderator"), reason="Settled")

    assert len(seen(reader, topic, "#reply-form")) == 0


def test_hidden_topic_disappears_at_once(reader, topic):
    posts.hide(topic.posts.get(number=1), actor=None, reason="flags")

    assert reader.get(topic.get_absolute_url()).status_code == 404


def test_topic_moved_to_a_private_category_disappears_at_once(reader, topic):
    private = CategoryFactory(see_by="groups")
    topics.move(topic, to=private, actor=MemberFactory(role="moderator"))

    assert reader.get(topic.get_absolute_url()).status_code == 404


def test_posts_split_off_disappear_at_once(reader, topic, answer):
    moderator = MemberFactory(role="moderator")
    topics.split(
        topic, [answer], title="Another matter", category=topic.category, kind="question", actor=moderator
    )

    assert answer.pk not in ids(reader.get(topic.get_absolute_url()))


def test_topic_of_a_category_made_private_disappears_at_once(reader, topic):
    category = topic.category
    fields = {
        "name": category.name,
        "slug": category.slug,
        "kind": category.kind,
        "position": 0,
        "icon": category.icon,
        "see_by": "groups",
        "see_groups": [Group.objects.create(name="Beta testers").pk],
        "reply_by": "members",
        "create_by": "members",
    }

    client_of(MemberFactory(role="manager", is_staff=True)).post(
        f"/admin/forum/category/{category.pk}/change/", fields
    )

    assert Category.objects.get(pk=category.pk).see_by == "groups"
    assert reader.get(topic.get_absolute_url()).status_code == 404


# Nothing leaks between readers


def test_others_likes_and_votes_are_not_shown_as_own(reader, topic, answer):
    other = client_of(MemberFactory())
    other.post("/posts/react/", {"like": answer.pk})
    other.post("/posts/react/", {"up": answer.pk})
    other.get(topic.get_absolute_url())

    pressed = page(reader.get(topic.get_absolute_url())).cssselect("[aria-pressed=true]:not([name=theme])")

    assert pressed == []


def test_a_page_contains_nothing_of_the_previous_reader(client, topic):
    first = a_customer(username="grace", display_name="Grace Hopper")
    client_of(first).get(topic.get_absolute_url())
    client.force_login(a_customer(username="edsger", display_name="Edsger"))

    response = client.get(topic.get_absolute_url())

    assert b"race" not in response.content.replace(b"trace", b"")
    assert texts(response, ".menu-head strong") == ["Edsger"]


def test_each_reader_has_their_own_csrf_token(topic):
    for _ in range(2):
        client = Client(enforce_csrf_checks=True)
        client.force_login(a_customer())
        fields = page(client.get(topic.get_absolute_url())).cssselect(
            "#reply-form [name=csrfmiddlewaretoken]"
        )

        sent = client.post(
            f"/topics/{topic.pk}/reply/",
            {"csrfmiddlewaretoken": fields[0].get("value"), "source": "Try descaling it twice."},
        )

        assert (len(fields), sent.status_code) == (1, 302)


def test_new_posts_are_per_reader(reader, topic):
    late = client_of(a_customer())
    new = posts.create(topic, author=MemberFactory(), source="Have it serviced instead.")

    assert seen(reader, topic, f"#p{new.pk} header .chip") == ["new"]
    assert seen(late, topic, f"#p{new.pk} header .chip") == []
    assert seen(reader, topic, f"#p{new.pk} header .chip") == []


def test_first_unread_post_is_per_reader(reader, topic):
    new = posts.create(topic, author=MemberFactory(), source="Have it serviced instead.")
    late = client_of(a_customer())

    pages = [page(one.get(topic.get_absolute_url())) for one in (late, reader)]

    assert [[a.get("href") for a in one.cssselect(".topic-head a.button")] for one in pages] == [
        [],
        [f"#p{new.pk}"],
    ]


def test_authors_get_edit_controls(reader, topic, answer):
    assert len(seen(client_of(answer.author), topic, f"#p{answer.pk} .post-actions [href*=edit]")) == 1
    assert seen(reader, topic, ".post-actions [href*=edit]") == []


def test_moderators_edit_posts_of_others_from_the_menu(client, topic, answer):
    moderator = MemberFactory(role="moderator")
    own = posts.create(topic, author=moderator, source="Descale it twice a year.", kind="answer")
    client.force_login(moderator)

    shown = [seen(client, topic, f"#p{post.pk} .post-actions [href$=edit\\/]") for post in (own, answer)]
    menu = client.get(f"/posts/{answer.pk}/menu/")

    assert shown == [["Edit"], []]
    assert texts(menu, f"[href='/posts/{answer.pk}/edit/']") == ["Edit"]


def test_full_page_of_a_manager_stays_small(client):
    discussion = TopicFactory()
    PostFactory.create_batch(19, topic=discussion)
    bodies = sum(len(post.html.encode()) for post in discussion.posts.all())
    client.force_login(MemberFactory(role="manager"))

    response = client.get(discussion.get_absolute_url())

    assert len(page(response).cssselect(".post")) == 20
    assert len(response.content) - bodies <= 30_000


def test_commenters_can_edit_in_place(reader, topic, answer):
    author = a_customer()
    comment = posts.create(topic, author=author, source="Thank you.", parent=answer, kind="comment")
    other = posts.create(topic, author=MemberFactory(), source="Indeed.", parent=answer, kind="comment")
    reader.get(topic.get_absolute_url())

    response = client_of(author).get(topic.get_absolute_url())

    changeable = [a.get("href") for a in page(response).cssselect("[href*=edit][data-get]")]
    assert changeable == [f"/posts/{comment.pk}/edit/"]
    assert len(page(response).cssselect(f"#p{answer.pk} #p{other.pk}")) == 1
    assert seen(reader, topic, "[href*=edit][data-get]") == []


def test_own_posts_are_not_marked_as_new(reader, topic, answer):
    author = a_customer()
    writer = client_of(author)
    writer.get(topic.get_absolute_url())
    own = posts.create(topic, author=author, source="I shall try that.", parent=answer, kind="comment")
    other = posts.create(topic, author=MemberFactory(), source="Do so.", parent=answer, kind="comment")
    reader.get(topic.get_absolute_url())

    response = writer.get(topic.get_absolute_url())

    assert [texts(response, f"#p{post.pk} .chip") for post in (own, other)] == [[], ["new"]]
    assert [a.get("href") for a in page(response).cssselect(".topic-head a.button")] == [f"#p{other.pk}"]


def test_authors_see_their_own_posts_and_others(reader, topic, answer):
    own = posts.create(topic, author=a_customer(), source="Have it serviced instead.")
    client = client_of(own.author)
    client.post("/posts/react/", {"like": answer.pk})
    reader.get(topic.get_absolute_url())
    client.get(topic.get_absolute_url())

    response = client.get(topic.get_absolute_url())

    assert ids(response) == ids(reader.get(topic.get_absolute_url()))
    assert len(page(response).cssselect(f"#p{own.pk} [aria-label^=Like]")) == 0
    assert page(response).cssselect(f"#p{answer.pk} [aria-label^=Like]")[0].get("aria-pressed") == "true"


def test_only_the_asker_can_accept(reader, topic, answer):
    assert len(seen(client_of(topic.author), topic, ".post-actions .accept")) == 1
    assert seen(reader, topic, ".post-actions .accept") == []


def test_only_the_author_sees_a_pending_post(reader, topic, screener):
    screener(Verdict(hold=True, sentence="A moderator looks at it."))
    author = a_customer()
    writer = client_of(author)
    writer.get(topic.get_absolute_url())
    held = posts.create(topic, author=author, source="Buy cheap watches here.")

    assert held.pk in ids(writer.get(topic.get_absolute_url()))
    assert held.pk not in ids(reader.get(topic.get_absolute_url()))


def test_only_the_author_sees_hidden_text(reader, topic, answer):
    posts.hide(answer, actor=None, reason="flags")
    client_of(answer.author).get(topic.get_absolute_url())

    assert len(seen(client_of(answer.author), topic, f"#p{answer.pk} .prose")) == 1
    assert seen(reader, topic, f"#p{answer.pk} .prose") == []


@pytest.mark.parametrize("role", ["moderator", "support"])
def test_staff_controls_are_for_staff_only(reader, topic, answer, role):
    staff = client_of(MemberFactory(role=role))
    menu = f"/posts/{answer.pk}/menu/"

    assert len(seen(staff, topic, f"#p{answer.pk} [href='{menu}']")) == 1
    assert len(page(staff.get(menu)).cssselect("[formaction*=official]")) == 1
    assert seen(reader, topic, f"#p{answer.pk} [href*=menu]") == []
    assert page(reader.get(menu)).cssselect(".menu-list [formaction]") == []


def test_private_topic_is_for_its_group_only(client):
    category = CategoryFactory(see_by="groups")
    topic = PostFactory(topic__category=category).topic
    pilot = member_of_a_group(category.see_groups)

    for _ in range(2):
        assert client_of(pilot).get(topic.get_absolute_url()).status_code == 200
        assert client_of(a_customer()).get(topic.get_absolute_url()).status_code == 404


def test_reply_form_is_for_those_who_may_reply(client):
    category = CategoryFactory(reply_by="groups")
    topic = PostFactory(topic__category=category).topic
    pilot = member_of_a_group(category.reply_groups)

    for _ in range(2):
        assert len(seen(client_of(pilot), topic, "#reply-form")) == 1
        assert seen(client_of(a_customer()), topic, "#reply-form") == []


def test_messages_are_shown_once_to_their_reader(reader, topic, screener):
    screener(Verdict(hold=True, sentence="A moderator looks at it."))
    sender = client_of(a_customer())
    sender.post(f"/topics/{topic.pk}/reply/", {"source": "Buy cheap watches here."})

    assert len(seen(sender, topic, ".messages")) == 1
    assert seen(sender, topic, ".messages") == []
    assert seen(reader, topic, ".messages") == []


def test_times_are_in_the_readers_time_zone(topic):
    topic.posts.update(created_at="2026-07-05T23:30:00Z")

    def shown(zone):
        client = client_of(a_customer(time_zone=zone))
        return texts(client.get(topic.get_absolute_url()), ".post header relative-time")[0]

    tokyo, utc = "6 Jul 2026, 08:30", "5 Jul 2026, 23:30"
    assert [shown("Asia/Tokyo"), shown("UTC"), shown("Asia/Tokyo")] == [tokyo, utc, tokyo]


def test_each_theme_is_cached_separately(reader, topic):
    reader.cookies["theme"] = "dark"
    dark = reader.get(topic.get_absolute_url()).content
    reader.cookies["theme"] = "light"

    assert b'data-theme="dark"' in dark
    assert b'data-theme="light"' in reader.get(topic.get_absolute_url()).content


def test_only_new_members_see_their_limits(reader, topic):
    newcomer = client_of(MemberFactory())

    assert len(seen(newcomer, topic, "#reply .limits")) == 1
    assert seen(reader, topic, "#reply .limits") == []


def test_visitors_and_members_get_different_pages(reader, topic):
    visitor = Client()
    joins = [seen(visitor, topic, "#reply h2") for _ in range(2)]

    assert joins == [["Do you know the answer?"]] * 2
    assert seen(reader, topic, "#reply h2") == ["Your answer"]


# Queries


def test_page_costs_the_same_for_many_posts(reader, topic, answer):
    before = queries_of(reader, topic.get_absolute_url())
    for post in AnswerFactory.create_batch(8, topic=topic):
        CommentFactory(parent=post, topic=topic)
        likes.add(post, member=MemberFactory())

    assert queries_of(reader, topic.get_absolute_url()) == before
