"""The limits for new members, each at its boundary."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.forum.models import Post
from community.moderation.models import Policy
from community.moderation.rate_limits import NewMemberLimits, limits_of
from tests.factories.forum import CommentFactory, PostFactory, TopicFactory
from tests.factories.members import CompanyFactory, MemberFactory

pytestmark = pytest.mark.django_db
FIRST_DAY = "on their first day. You can"


@pytest.fixture
def policy():
    policy = Policy.current()
    policy.first_day_topics, policy.first_day_replies, policy.replies_per_topic = 2, 3, 2
    policy.seconds_between_posts, policy.new_until_posts = 30, 10
    policy.max_links, policy.max_images, policy.max_attachments, policy.max_mentions = 2, 1, 0, 2
    policy.save()
    return policy


@pytest.fixture
def newcomer(policy):
    return MemberFactory(joined_at=timezone.now() - timedelta(hours=1))


def wrote(member, **fields):
    return PostFactory(author=member, **{"created_at": timezone.now() - timedelta(minutes=30), **fields})


def opened(member, **fields):
    return TopicFactory(author=member, created_at=timezone.now() - timedelta(minutes=30), **fields)


@pytest.mark.parametrize("role", ["moderator", "manager", "sales", "support", "product"])
def test_limits_of_the_team_is_not_limited(policy, role):
    assert limits_of(MemberFactory(role=role)) is None


def test_limits_of_a_customer_is_not_limited(policy):
    assert limits_of(MemberFactory(customer_since=timezone.now())) is None


@pytest.mark.parametrize(("published", "limited"), [(9, True), (10, False), (11, False)])
def test_limits_end_with_the_last_required_post(newcomer, published, limited):
    topic = TopicFactory()
    for _ in range(published):
        wrote(newcomer, topic=topic)

    assert (limits_of(newcomer) is not None) is limited


def test_limits_end_where_the_policy_asks_for_many_posts(newcomer, policy):
    policy.new_until_posts = 12
    policy.save()
    topic = TopicFactory()
    for _ in range(12):
        wrote(newcomer, topic=topic)

    assert limits_of(newcomer) is None


@pytest.mark.parametrize("status", [Post.Status.PENDING, Post.Status.HIDDEN, Post.Status.DELETED])
def test_limits_ignore_unpublished_posts(newcomer, status):
    for _ in range(10):
        wrote(newcomer, status=status)

    assert limits_of(newcomer).posts_to_go == 10


def test_limits_of_the_first_day_counts_down(newcomer):
    opened(newcomer)
    wrote(newcomer)

    left = limits_of(newcomer)

    assert (left.topics, left.replies) == (1, 2)


@pytest.mark.parametrize(("hours", "limited"), [(23, True), (24, False), (25, False)])
def test_limits_of_the_first_day_is_one_day(policy, hours, limited):
    member = MemberFactory(joined_at=timezone.now() - timedelta(hours=hours, seconds=1))

    left = limits_of(member)

    assert (left.topics is not None, left.replies is not None) == (limited, limited)


def test_limits_count_pending_but_not_deleted_posts(newcomer):
    opened(newcomer, status="pending")
    opened(newcomer).posts.update(status=Post.Status.DELETED)

    assert limits_of(newcomer).topics == 1


def test_limits_count_comments_as_replies(newcomer):
    CommentFactory(author=newcomer, created_at=timezone.now() - timedelta(minutes=9))

    assert limits_of(newcomer).replies == 2


def test_limits_never_go_below_zero(newcomer):
    for _ in range(5):
        opened(newcomer)

    assert limits_of(newcomer).topics == 0


@pytest.mark.parametrize(("written", "left"), [(0, 2), (1, 1), (2, 0), (3, 0)])
def test_limits_in_one_topic_count_its_replies_only(newcomer, written, left):
    topic = TopicFactory()
    wrote(newcomer)
    for _ in range(written):
        wrote(newcomer, topic=topic)

    assert limits_of(newcomer, topic=topic).replies_here == left


def test_limits_do_not_apply_in_ones_own_topic(newcomer):
    topic = opened(newcomer)
    for _ in range(3):
        wrote(newcomer, topic=topic)

    assert limits_of(newcomer, topic=topic).replies_here is None


@pytest.mark.parametrize(("seconds", "wait"), [(0, 30), (10, 20), (29, 1), (30, 0), (300, 0)])
def test_limits_have_the_time_to_wait(newcomer, seconds, wait, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    wrote(newcomer, created_at=timezone.now() - timedelta(seconds=seconds))

    assert limits_of(newcomer).wait_seconds == wait


def test_nobody_is_limited_where_the_policy_wants_no_posts(policy, newcomer):
    policy.new_until_posts = 0
    policy.save()

    assert limits_of(newcomer) is None


def test_limits_without_posts_have_no_wait(newcomer):
    assert limits_of(newcomer).wait_seconds == 0


def limits(policy, **fields) -> NewMemberLimits:
    return NewMemberLimits(
        **{
            "policy": policy,
            "topics": None,
            "replies": None,
            "replies_here": None,
            "wait_seconds": 0,
            "first_day_seconds": 7200,
            "posts_to_go": 4,
            "approved": 6,
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("fields", "new_topic", "reached"),
    [
        (
            {"topics": 0},
            True,
            (f"New members can start 2 topics {FIRST_DAY} start the next one in 2 hours.", 7200),
        ),
        ({"topics": 0}, False, ("", 0)),
        (
            {"replies": 0},
            False,
            (f"New members can post 3 replies {FIRST_DAY} post the next one in 2 hours.", 7200),
        ),
        ({"replies": 0}, True, ("", 0)),
        ({"replies_here": 0}, True, ("", 0)),
        ({"wait_seconds": 1}, True, ("Please wait 1 second before your next post.", 1)),
        ({"wait_seconds": 20}, False, ("Please wait 20 seconds before your next post.", 20)),
        ({"topics": 1, "replies": 1, "replies_here": 1}, True, ("", 0)),
    ],
)
def test_reached_returns_the_sentence_and_seconds(policy, fields, new_topic, reached):
    assert limits(policy, **fields).reached(new_topic=new_topic) == reached


def test_reached_in_one_topic_suggests_editing(policy):
    assert limits(policy, replies_here=0).reached(new_topic=False) == (
        "New members can post 2 replies in one topic. To add something, edit one of your replies.",
        0,
    )


def test_sentences_start_with_the_reached_limit(policy):
    assert limits(policy, topics=0).sentences(new_topic=True) == [
        "New members can start 2 topics on their first day. You can start the next one in 2 hours.",
        "These limits are for new members. They end once 4 more posts of yours are published.",
    ]


@pytest.mark.parametrize(
    ("fields", "new_topic", "first"),
    [
        ({"topics": 1}, True, "You can start 1 more topic today."),
        ({"topics": 2}, True, "You can start 2 more topics today."),
        ({"replies": 1}, False, "You can post 1 more reply today."),
        ({"replies": 3}, False, "You can post 3 more replies today."),
    ],
)
def test_sentences_show_the_remaining_posts(policy, fields, new_topic, first):
    assert limits(policy, **fields).sentences(new_topic=new_topic)[0] == first


def test_sentences_after_the_first_day_have_no_daily_limits(policy):
    assert limits(policy, posts_to_go=1).sentences(new_topic=True) == [
        "A post can have up to 2 links, 1 image and 2 mentions, but no attachments.",
        "These limits are for new members. They end once 1 more post of yours is published.",
    ]


def test_sentences_do_not_mention_attachments_if_allowed(policy):
    policy.max_attachments = 1

    assert (
        limits(policy).sentences(new_topic=True)[0]
        == "A post can have up to 2 links, 1 image and 2 mentions."
    )


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("https://a.example https://b.example", ""),
        (
            "https://a.example https://b.example https://c.example",
            "New members can have up to 2 links in a post. This one has 3.",
        ),
        ("![](https://a.example/1.png)", ""),
        (
            "![](https://a.example/1.png) ![](https://a.example/2.png)",
            "New members can have up to 1 image in a post. This one has 2.",
        ),
        ("@ann @bob", ""),
        ("@ann @bob @cid", "New members can have up to 2 mentions in a post. This one has 3."),
        ("@ann @ann @ann", ""),
        ("`https://a.example https://b.example https://c.example`", ""),
    ],
)
def test_objection_counts_links_images_and_mentions(policy, source, sentence):
    assert limits(policy).objection(source) == sentence


def test_objection_ignores_internal_links(policy, settings):
    inside = " ".join(f"[t{n}](/t/{n}/x/)" for n in range(5))

    assert limits(policy).objection(f"{inside} https://a.example https://b.example") == ""


@pytest.mark.parametrize(
    "link",
    [
        "[x](//evil.example)",
        '<a href="//evil.example">x</a>',
        "<a href='/\\evil.example'>x</a>",
        '<a href="///evil.example">x</a>',
        "[x](https://club.example@evil.example)",
        "[x](https://club.example.evil.example)",
    ],
)
def test_objection_counts_links_that_only_look_internal(policy, settings, link):
    settings.SITE_URL = "https://club.example"

    assert limits(policy).objection(f"{link} {link} {link}") == (
        "New members can have up to 2 links in a post. This one has 3."
    )


def test_objection_does_not_set_repeated_mentions_against_links(policy):
    source = "@ann @ann @ann https://a.example https://b.example https://c.example"

    assert limits(policy).objection(source) == "New members can have up to 2 links in a post. This one has 3."


@pytest.mark.parametrize("address", ["https://club.example/media/plan.pdf", "/\tmedia/plan.pdf"])
def test_objection_to_attached_files_however_they_are_linked(policy, settings, address):
    settings.SITE_URL, settings.MEDIA_URL = "https://club.example", "/media/"

    assert limits(policy).objection(f'<a href="{address}">plan</a>') == (
        "New members cannot have attachments in a post yet. This one has 1."
    )


def test_objection_to_attached_files(policy, settings):
    source = f"[plan]({settings.MEDIA_URL}plans/plan.pdf)"

    assert limits(policy).objection(source) == (
        "New members cannot have attachments in a post yet. This one has 1."
    )


def test_a_company_alone_does_not_make_a_customer(policy):
    assert limits_of(MemberFactory(company=CompanyFactory())) is not None
