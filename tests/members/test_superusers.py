"""A superuser without a role counts as a community manager everywhere, not only in the admin."""

import pytest
from django.contrib.auth.models import Group

from community.events.services.recording import actor_role_of
from community.forum.models import Category, Post, Topic
from community.forum.rules import can_edit_post, can_hide_versions, can_reply
from community.members.models import Member
from community.moderation.rules import can_moderate, can_sanction
from community.moderation.screening import screen
from community.prospects.models import ProspectForum
from community.prospects.rules import can_open_desk
from journeys.rules import can_override, can_see_journeys
from tests.factories.forum import CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import ReviewItemFactory
from tests.factories.prospects import RosterEntryFactory
from tests.forum.pages import texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Member:
    return MemberFactory(role="", is_superuser=True, is_staff=True)


@pytest.fixture
def private() -> Topic:
    groups = [Group.objects.create(name="board")]
    return TopicFactory(category=CategoryFactory(groups=groups), title="Grinders for the board")


@pytest.fixture
def as_root(client, root):
    client.force_login(root)
    return client


def test_superuser_is_staff_manager_and_moderator(root):
    assert (root.staff_role, root.is_team, root.is_manager, root.is_moderator) == (
        "manager",
        True,
        True,
        True,
    )
    assert root.get_role_display() == "Community manager"


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("", (False, False, False)),
        ("sales", (True, False, False)),
        ("support", (True, False, False)),
        ("moderator", (True, False, True)),
        ("manager", (True, True, True)),
    ],
)
def test_role_determines_staff_manager_and_moderator(role, expected):
    member = MemberFactory(role=role)

    assert (member.is_team, member.is_manager, member.is_moderator) == expected


@pytest.mark.parametrize("role", ["", *Member.Role.values])
@pytest.mark.parametrize("is_superuser", [True, False])
def test_team_and_moderators_querysets_agree_with_the_properties(role, is_superuser):
    member = MemberFactory(role=role, is_superuser=is_superuser)

    assert Member.objects.team().filter(pk=member.pk).exists() == member.is_team
    assert Member.objects.moderators().filter(pk=member.pk).exists() == member.is_moderator


def test_superuser_opens_the_review_queue_and_an_item_of_it(as_root, private):
    item = ReviewItemFactory(post=PostFactory(topic=private))

    assert as_root.get("/admin/moderation/reviewitem/").status_code == 200
    assert as_root.get(f"/admin/moderation/reviewitem/{item.pk}/change/").status_code == 200


def test_superuser_reads_a_private_topic_that_the_queue_leads_to(as_root, private):
    assert as_root.get(private.get_absolute_url()).status_code == 200
    assert as_root.get(private.category.get_absolute_url()).status_code == 200


def test_superuser_can_search_private_topics(as_root, private):
    for address in ("/search/?q=grinders", "/latest/"):
        assert texts(as_root.get(address), ".topic-title a") == [private.title]


def test_superuser_sees_all_categories_topics_and_posts(root, private):
    hidden = PostFactory(topic=private, status="hidden")

    assert private.category in Category.objects.visible_to(root)
    assert private in Topic.objects.visible_to(root)
    assert hidden in Post.objects.visible_to(root)


def test_superuser_closes_a_private_topic(as_root, private):
    as_root.post(f"/topics/{private.pk}/close/", {"reason": "done"})

    private.refresh_from_db()
    assert private.is_closed


def test_superuser_moderates_and_sanctions(root):
    post = PostFactory()

    assert can_moderate(root)
    assert can_sanction(root, MemberFactory(role="moderator"))
    assert can_edit_post(root, post, post.topic)
    assert can_reply(root, TopicFactory(status="hidden"))
    assert can_hide_versions(root)


def test_superuser_posts_are_never_held(root):
    assert not screen(root, CategoryFactory(holds_posts=True), None, "Hello!").hold


def test_superuser_answers_at_every_desk(root):
    forum = RosterEntryFactory().forum

    assert can_open_desk(root)
    assert list(ProspectForum.objects.staffed_by(root)) == [forum]


def test_superuser_is_staff_in_the_event_log_and_on_journeys(root):
    assert actor_role_of(root) == "staff"
    assert can_see_journeys(root)
    assert can_override(root, MemberFactory())
    assert not can_override(root, root)
