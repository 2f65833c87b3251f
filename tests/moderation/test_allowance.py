"""What a new member may still do, said before it is refused; every limit at its border."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.forum.models import Post
from community.moderation.allowance import Allowance, allowance_of
from community.moderation.models import Policy
from tests.factories.forum import CommentFactory, PostFactory, TopicFactory
from tests.factories.members import CompanyFactory, MemberFactory

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=2)


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
def test_allowance_of_the_team_is_not_limited(policy, role):
    assert allowance_of(MemberFactory(role=role)) is None


def test_allowance_of_a_customer_is_not_limited(policy):
    assert allowance_of(MemberFactory(customer_since=timezone.now())) is None


@pytest.mark.parametrize(("published", "limited"), [(9, True), (10, False), (11, False)])
def test_allowance_ends_with_the_last_post_that_is_needed(newcomer, published, limited):
    topic = TopicFactory()
    for _ in range(published):
        wrote(newcomer, topic=topic)

    assert (allowance_of(newcomer) is not None) is limited


@pytest.mark.parametrize("status", [Post.Status.PENDING, Post.Status.HIDDEN, Post.Status.DELETED])
def test_allowance_does_not_end_with_posts_that_are_not_shown(newcomer, status):
    for _ in range(10):
        wrote(newcomer, status=status)

    assert allowance_of(newcomer).posts_to_go == 10


def test_allowance_of_the_first_day_counts_down(newcomer):
    opened(newcomer)
    wrote(newcomer)

    left = allowance_of(newcomer)

    assert (left.topics, left.replies) == (1, 2)


@pytest.mark.parametrize(("hours", "limited"), [(23, True), (24, False), (25, False)])
def test_allowance_of_the_first_day_is_one_day(policy, hours, limited):
    member = MemberFactory(joined_at=timezone.now() - timedelta(hours=hours, seconds=1))

    left = allowance_of(member)

    assert (left.topics is not None, left.replies is not None) == (limited, limited)


def test_allowance_counts_what_waits_but_not_what_was_taken_back(newcomer):
    opened(newcomer, status="pending")
    opened(newcomer).posts.update(status=Post.Status.DELETED)

    assert allowance_of(newcomer).topics == 1


def test_allowance_counts_comments_as_replies(newcomer):
    CommentFactory(author=newcomer, created_at=timezone.now() - timedelta(minutes=9))

    assert allowance_of(newcomer).replies == 2


def test_allowance_never_goes_below_nothing(newcomer):
    for _ in range(5):
        opened(newcomer)

    assert allowance_of(newcomer).topics == 0


@pytest.mark.parametrize(("written", "left"), [(0, 2), (1, 1), (2, 0), (3, 0)])
def test_allowance_in_one_topic_counts_its_replies_only(newcomer, written, left):
    topic = TopicFactory()
    wrote(newcomer)
    for _ in range(written):
        wrote(newcomer, topic=topic)

    assert allowance_of(newcomer, topic=topic).replies_here == left


def test_allowance_in_ones_own_topic_is_not_limited(newcomer):
    topic = opened(newcomer)
    for _ in range(3):
        wrote(newcomer, topic=topic)

    assert allowance_of(newcomer, topic=topic).replies_here is None


@pytest.mark.parametrize(("seconds", "wait"), [(0, 30), (10, 20), (29, 1), (30, 0), (300, 0)])
def test_allowance_says_how_long_to_wait(newcomer, seconds, wait, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    wrote(newcomer, created_at=timezone.now() - timedelta(seconds=seconds))

    assert allowance_of(newcomer).wait_seconds == wait


def test_allowance_of_who_never_wrote_waits_for_nothing(newcomer):
    assert allowance_of(newcomer).wait_seconds == 0


def allowance(policy, **fields) -> Allowance:
    return Allowance(
        **{"policy": policy, "topics": None, "replies": None, "replies_here": None, "wait_seconds": 0,
           "posts_to_go": 4, **fields}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "new_topic", "sentence"),
    [
        ({"topics": 0}, True, "You have started 2 topics on your first day; you can start more tomorrow."),
        ({"topics": 0}, False, ""),
        ({"replies": 0}, False, "You have written 3 replies on your first day; you can write more tomorrow."),
        ({"replies": 0}, True, ""),
        ({"replies_here": 0}, True, ""),
        ({"wait_seconds": 1}, True, "Please wait 1 second before your next post."),
        ({"wait_seconds": 20}, False, "Please wait 20 seconds before your next post."),
        ({"topics": 1, "replies": 1, "replies_here": 1}, True, ""),
    ],
)
def test_refusal_says_why_or_nothing(policy, fields, new_topic, sentence):
    assert allowance(policy, **fields).refusal(new_topic=new_topic) == sentence


def test_refusal_in_one_topic_says_what_else_can_be_done(policy):
    said = allowance(policy, replies_here=0).refusal(new_topic=False)

    assert said.startswith("You have replied 2 times here.")
    assert "editing" in said


def test_sentences_begin_with_what_is_in_the_way(policy):
    assert allowance(policy, topics=0).sentences(new_topic=True) == [
        "You have started 2 topics on your first day; you can start more tomorrow.",
        "These limits are for new members. They end after 4 more published posts.",
    ]


@pytest.mark.parametrize(
    ("fields", "new_topic", "first"),
    [
        ({"topics": 1}, True, "You can start 1 more topic today."),
        ({"topics": 2}, True, "You can start 2 more topics today."),
        ({"replies": 1}, False, "You can write 1 more reply today."),
        ({"replies": 3}, False, "You can write 3 more replies today."),
    ],
)
def test_sentences_say_what_is_left(policy, fields, new_topic, first):
    assert allowance(policy, **fields).sentences(new_topic=new_topic)[0] == first


def test_sentences_of_somebody_who_is_here_for_days_name_no_day(policy):
    assert allowance(policy, posts_to_go=1).sentences(new_topic=True) == [
        "A post can have 2 links, 1 image and mention 2 people, but no attached files.",
        "These limits are for new members. They end after 1 more published post.",
    ]


def test_sentences_name_no_files_where_they_may_be_attached(policy):
    policy.max_attachments = 1

    assert "files" not in " ".join(allowance(policy).sentences(new_topic=True))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("https://a.example https://b.example", ""),
        (
            "https://a.example https://b.example https://c.example",
            "New members can have at most 2 links in a post, and this one has 3.",
        ),
        ("![](https://a.example/1.png)", ""),
        (
            "![](https://a.example/1.png) ![](https://a.example/2.png)",
            "New members can have at most 1 image in a post, and this one has 2.",
        ),
        ("@ann @bob", ""),
        ("@ann @bob @cid", "New members can have at most 2 people mentioned in a post, and this one has 3."),
        ("@ann @ann @ann", ""),
        ("`https://a.example https://b.example https://c.example`", ""),
    ],
)
def test_objection_counts_what_is_in_a_text(policy, source, sentence):
    assert allowance(policy).objection(source) == sentence


def test_objection_does_not_count_links_to_ourselves(policy, settings):
    inside = " ".join(f"[t{n}](/t/{n}/x/)" for n in range(5))

    assert allowance(policy).objection(f"{inside} https://a.example https://b.example") == ""


def test_objection_to_attached_files(policy, settings):
    source = f"[plan]({settings.MEDIA_URL}plans/plan.pdf)"

    assert allowance(policy).objection(source) == (
        "New members can have no attached files in a post, and this one has 1."
    )


def test_a_company_alone_makes_nobody_a_customer(policy):
    assert allowance_of(MemberFactory(company=CompanyFactory())) is not None
