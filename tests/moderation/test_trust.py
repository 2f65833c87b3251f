"""Trust levels, each at its boundary."""

from datetime import timedelta

import pytest
from django.utils import timezone

from community.forum.models import Post
from community.moderation.models import Policy
from community.moderation.trust import STAFF_LEVEL, approved_posts, is_established, is_new, trust_level
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def someone(*, days=0, posts=0, likes=0, **fields):
    member = MemberFactory(joined_at=timezone.now() - timedelta(days=days, minutes=1), **fields)
    if posts:
        topic = TopicFactory()
        Post.objects.bulk_create(
            Post(
                topic=topic,
                number=number + 2,
                author=member,
                source="x",
                html="x",
                like_count=likes if number == 0 else 0,
            )
            for number in range(posts)
        )
    return member


@pytest.mark.parametrize("role", ["moderator", "manager", "support", "sales", "product"])
def test_staff_have_the_highest_trust_level(role):
    assert trust_level(someone(role=role)) == STAFF_LEVEL


@pytest.mark.parametrize(
    ("days", "posts", "likes", "level"),
    [
        (0, 0, 0, 0),
        (365, 200, 100, 4),
        (364, 200, 100, 3),
        (365, 199, 100, 3),
        (365, 200, 99, 3),
        (50, 50, 20, 3),
        (49, 50, 20, 2),
        (15, 10, 1, 2),
        (14, 10, 1, 1),
        (15, 10, 0, 1),
        (900, 0, 0, 0),
    ],
)
def test_trust_level_requires_time_posts_and_likes(days, posts, likes, level):
    assert trust_level(someone(days=days, posts=posts, likes=likes)) == level


@pytest.mark.parametrize("posts", [0, 3])
def test_a_verified_customer_starts_at_level_2(posts):
    assert trust_level(someone(posts=posts, customer_since=timezone.now())) == 2


def test_a_verified_customer_can_reach_higher_levels():
    customer = someone(days=365, posts=200, likes=100, customer_since=timezone.now())

    assert trust_level(customer) == 4


def test_trust_level_1_depends_on_the_policy():
    policy = Policy.current()
    member = someone(posts=policy.new_until_posts - 1)

    before = trust_level(member)
    PostFactory(author=member)

    assert (before, trust_level(member)) == (0, 1)


@pytest.mark.parametrize("status", [Post.Status.PENDING, Post.Status.HIDDEN, Post.Status.DELETED])
def test_unpublished_posts_do_not_count(status):
    member = someone()
    PostFactory(author=member, status=status, like_count=50)

    assert approved_posts(member) == 0
    assert trust_level(member) == 0


def test_is_new_uses_the_given_policy():
    member = someone(posts=2)

    assert is_new(member, Policy(new_until_posts=3))
    assert not is_new(member, Policy(new_until_posts=2))
    assert not is_new(someone(), Policy(new_until_posts=0))


@pytest.mark.parametrize("fields", [{"role": "sales"}, {"customer_since": timezone.now()}])
def test_is_new_is_false_for_staff_and_customers(fields):
    assert not is_new(someone(**fields))


@pytest.mark.parametrize(
    ("required", "posts", "is_over"), [(3, 2, False), (3, 3, True), (10, 40, True), (11, 40, False)]
)
def test_is_established_reads_ten_posts_at_most(required, posts, is_over):
    Policy.objects.update_or_create(pk=1, defaults={"new_until_posts": required})

    assert is_established(someone(posts=posts)) is is_over


def test_is_established_ignores_unpublished_posts():
    member = someone(posts=5)
    Post.objects.filter(author=member, number=2).update(status=Post.Status.HIDDEN)

    assert not is_established(member)
