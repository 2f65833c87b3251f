"""Lists and search results for members are never stale, and never show another reader's data."""

import pytest
from django.contrib.auth.models import Group

from community.events.models import Event
from community.forum.services import posts, topics
from community.members.services.profiles import save_profile
from community.members.services.roles import set_roles
from tests.factories.forum import CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory

from .pages import page, texts, titles
from .readers import a_customer, client_of, member_of_a_group

pytestmark = pytest.mark.django_db(transaction=True)

LISTS = ["/latest/", "/hot/", "/top/?period=all", "/c/machines/", "/tags/boilers/"]
SEARCH = "/search/?q=descaling"


@pytest.fixture
def topic():
    category = CategoryFactory(slug="machines")
    author = MemberFactory(display_name="Noor Haddad")
    topic = topics.create(
        category,
        author=author,
        kind="discussion",
        title="Descaling a boiler",
        source="How often?",
        tags=["boilers"],
    )
    posts.create(topic, author=MemberFactory(), source="Twice a year, says the manual.")
    return topic


@pytest.fixture
def reader(client, topic):
    """A reader who opens the lists after another member did."""
    first = client_of(a_customer())
    client.force_login(a_customer())
    for address in (*LISTS, SEARCH):
        first.get(address)
        client.get(address)
    return client


# Nothing is stale


@pytest.mark.parametrize("address", LISTS)
def test_reply_is_counted_at_once(reader, topic, address):
    posts.create(topic, author=MemberFactory(), source="Every month if the water is hard.")

    assert texts(reader.get(address), ".topic-figures b")[1] == "2"


def test_new_topic_is_listed_at_once(reader, topic):
    topics.create(
        topic.category, author=MemberFactory(), kind="discussion", title="Another topic here", source="Hello."
    )

    assert "Another topic here" in titles(reader.get("/latest/"))


@pytest.mark.parametrize("address", [*LISTS, SEARCH])
def test_new_title_is_listed_at_once(reader, topic, address):
    topics.edit(topic, actor=topic.author, title="Descaling the boiler", tags=["boilers"])

    assert titles(reader.get(address)) == ["Descaling the boiler"]


@pytest.mark.parametrize("address", [*LISTS, SEARCH])
def test_hidden_topic_disappears_and_returns_at_once(reader, topic, address):
    posts.hide(topic.posts.get(number=1), actor=None, reason="flags")
    while_hidden = titles(reader.get(address))
    posts.unhide(topic.posts.get(number=1), actor=None)

    assert (while_hidden, titles(reader.get(address))) == ([], [topic.title])


@pytest.mark.parametrize("address", [*LISTS, SEARCH])
def test_topic_moved_to_a_private_category_disappears_at_once(reader, topic, address):
    private = CategoryFactory(see_by="groups")
    topics.move(topic, to=private, actor=MemberFactory(role="moderator"))

    assert titles(reader.get(address)) == []


@pytest.mark.parametrize("address", ["/latest/", SEARCH])
def test_new_name_is_listed_at_once(reader, topic, address):
    save_profile(topic.author, display_name="Noor Karim")

    assert "Noor Karim" in reader.get(address).content.decode()
    assert "Noor Haddad" not in reader.get(address).content.decode()


def test_new_role_is_listed_at_once(reader, topic):
    set_roles(topic.author, ["support"])

    assert texts(reader.get("/latest/"), ".role") == ["Support"]


def test_new_posts_are_found_at_once(reader, topic):
    posts.create(topic, author=MemberFactory(), source="Rinse thoroughly afterwards.")
    reader.get("/search/?q=citric")
    reply = topic.posts.get(number=2)
    posts.edit(reply, actor=reply.author, source="Use citric acid and nothing else.")

    assert titles(reader.get("/search/?q=citric")) == [topic.title]


def test_hidden_posts_are_not_found(reader, topic):
    before = titles(reader.get("/search/?q=manual"))
    posts.hide(topic.posts.get(number=2), actor=None, reason="flags")

    assert (before, titles(reader.get("/search/?q=manual"))) == ([topic.title], [])


# Nothing leaks between readers


@pytest.mark.parametrize("address", LISTS)
def test_unread_posts_are_per_reader(reader, topic, address):
    other = client_of(a_customer())
    other.get(topic.get_absolute_url())
    posts.create(topic, author=MemberFactory(), source="Every month if the water is hard.")

    unread = [texts(client.get(address), "a.unread") for client in (other, reader, other)]

    assert unread == [["1 unread"], [], ["1 unread"]]


def test_own_posts_are_not_unread(reader, topic):
    author = a_customer()
    writer = client_of(author)
    writer.get(topic.get_absolute_url())
    posts.create(topic, author=author, source="Every month if the water is hard.")

    assert texts(writer.get("/latest/"), "a.unread") == []


def test_read_posts_are_not_unread(reader, topic):
    reader.get(topic.get_absolute_url())
    posts.create(topic, author=MemberFactory(), source="Every month if the water is hard.")
    before = texts(reader.get("/latest/"), "a.unread")
    reader.get(topic.get_absolute_url())

    assert (before, texts(reader.get("/latest/"), "a.unread")) == (["1 unread"], [])


@pytest.mark.parametrize("address", ["/latest/", "/c/private/", "/search/?q=secret"])
def test_topics_of_a_group_are_for_its_members_only(reader, address):
    group = Group.objects.create(name="pilots")
    category = CategoryFactory(slug="private", groups=[group])
    TopicFactory(category=category, title="A secret matter")
    PostFactory(topic__category=category)
    pilot = a_customer()
    pilot.groups.add(group)

    for _ in range(2):
        strangers = client_of(a_customer()).get(address)
        assert strangers.status_code == 404 or "A secret matter" not in titles(strangers)
        assert "A secret matter" in titles(client_of(pilot).get(address))


def test_joining_a_group_shows_its_topics(client):
    group = Group.objects.create(name="pilots")
    TopicFactory(category=CategoryFactory(groups=[group]), title="A secret matter")
    member = a_customer()
    client.force_login(member)
    before = titles(client.get("/latest/"))
    member.groups.add(group)
    joined = titles(client.get("/latest/"))
    member.groups.clear()

    assert (before, joined, titles(client.get("/latest/"))) == ([], ["A secret matter"], [])


def test_moderators_lists_are_not_shown_to_others(reader, topic):
    private = TopicFactory(category__see_by="groups", title="For moderators only")
    moderator = client_of(MemberFactory(role="moderator"))

    assert private.title in titles(moderator.get("/latest/"))
    assert private.title not in titles(reader.get("/latest/"))


def test_own_menu_is_per_reader(reader):
    other = client_of(a_customer(display_name="Edsger"))

    assert texts(other.get("/latest/"), ".menu-head strong") == ["Edsger"]
    assert b"Edsger" not in reader.get("/latest/").content


def test_new_topic_button_is_for_those_who_may(client):
    pilot = member_of_a_group(CategoryFactory(slug="news", create_by="groups").create_groups)

    def buttons(member):
        return len(page(client_of(member).get("/c/news/")).cssselect("main a[href*='/new/']"))

    # In the head and in the empty list.
    assert [buttons(one) for one in (a_customer(), pilot, a_customer(), pilot)] == [0, 2, 0, 2]


def test_every_search_is_recorded_once(reader):
    assert Event.objects.filter(name="search.performed").count() == 2
    client_of(a_customer()).get(SEARCH)
    reader.get(SEARCH)

    assert Event.objects.filter(name="search.performed").count() == 3
