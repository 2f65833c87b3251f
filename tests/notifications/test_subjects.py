"""Subjects of notifications, as far as each reader may see them."""

import pytest

from community.forum.models import Post
from community.notifications import subjects
from community.notifications.models import Notification
from community.notifications.services import notify
from community.notifications.subjects import Subject
from tests.factories.badges import AwardFactory
from tests.factories.forum import CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import SanctionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return MemberFactory()


def told(reader, subject, **fields) -> Notification:
    return notify(reader, **{"kind": "reply", "subject": subject, **fields})


@pytest.fixture
def asked(monkeypatch):
    """Register a resolver that shows even numbers only; returns the list of its calls."""
    calls = []

    def resolver(reader, ids):
        calls.append((reader, set(ids)))
        return {number: Subject(f"Thing {number}", f"/things/{number}/") for number in ids if number % 2 == 0}

    monkeypatch.setattr(subjects, "_resolvers", {**subjects._resolvers})
    subjects.register("test.thing", resolver)
    return calls


def line(reader, number, kind="test.thing") -> Notification:
    return Notification.objects.create(
        member=reader, kind="reply", subject_type=kind, subject_id=number, key=f"{kind}:{number}"
    )


def test_resolve_of_nothing_calls_no_resolver(reader, asked):
    assert subjects.resolve([], reader=reader) == {}
    assert asked == []


def test_resolve_excludes_what_the_resolver_hides(reader, asked):
    shown, hidden = line(reader, 2), line(reader, 3)

    assert subjects.resolve([shown, hidden], reader=reader) == {shown.pk: Subject("Thing 2", "/things/2/")}


def test_resolve_excludes_unregistered_types(reader, asked):
    assert subjects.resolve([line(reader, 2, "gone.app")], reader=reader) == {}


def test_resolve_calls_each_resolver_once(reader, asked):
    lines = [line(reader, number) for number in (2, 4, 6)]

    subjects.resolve(lines, reader=reader)

    assert asked == [(reader, {2, 4, 6})]


def test_resolve_returns_both_notifications_about_one_subject(reader, asked):
    first = line(reader, 2)
    second = Notification.objects.create(
        member=reader, kind="like", subject_type="test.thing", subject_id=2, key="another"
    )

    assert set(subjects.resolve([first, second], reader=reader)) == {first.pk, second.pk}


def test_resolve_keeps_types_with_equal_ids_apart(reader, asked):
    post = PostFactory()
    lines = [line(reader, post.pk, "forum.post"), line(reader, post.pk * 2, "test.thing")]

    found = subjects.resolve(lines, reader=reader)

    assert found[lines[0].pk].address == post.get_absolute_url()
    assert found[lines[1].pk].title == f"Thing {post.pk * 2}"


def test_register_again_replaces_the_first(reader, asked):
    subjects.register("test.thing", lambda reader, ids: {})

    assert subjects.resolve([line(reader, 2)], reader=reader) == {}


def test_a_post_is_shown_by_its_topic(reader):
    post = PostFactory(topic__title="Which grinder?")
    one = told(reader, post)

    found = subjects.resolve([one], reader=reader)[one.pk]

    assert (found.title, found.address) == ("Which grinder?", post.get_absolute_url())


@pytest.mark.parametrize("status", [Post.Status.HIDDEN, Post.Status.DELETED, Post.Status.PENDING])
def test_an_unpublished_post_is_not_shown(reader, status):
    post = PostFactory()
    one = told(reader, post)
    Post.objects.filter(pk=post.pk).update(status=status)

    assert subjects.resolve([one], reader=reader) == {}


def test_a_post_in_a_private_category_is_not_shown(reader):
    post = PostFactory(topic=TopicFactory(category=CategoryFactory(groups=[])))
    one = told(reader, post)

    assert subjects.resolve([one], reader=reader) == {}


def test_a_hidden_post_is_shown_to_a_moderator():
    moderator = MemberFactory(role="moderator")
    post = PostFactory(status=Post.Status.HIDDEN)
    one = told(moderator, post)

    assert one.pk in subjects.resolve([one], reader=moderator)


def test_an_award_is_shown_by_its_badge(reader):
    award = AwardFactory(member=reader, badge__name="Helping hand")
    one = told(reader, award, kind="badge")

    assert "Helping hand" in subjects.resolve([one], reader=reader)[one.pk].title


def test_a_sanction_is_shown_to_its_member_only(reader):
    sanction = SanctionFactory(member=reader)
    mine = told(reader, sanction, kind="moderation")
    other = MemberFactory()
    theirs = told(other, sanction, kind="moderation")

    assert mine.pk in subjects.resolve([mine], reader=reader)
    assert subjects.resolve([theirs], reader=other) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_resolve_costs_the_same_for_one_and_three(reader, count, django_assert_max_num_queries):
    lines = [told(reader, PostFactory()) for _ in range(count)]

    with django_assert_max_num_queries(3):
        subjects.resolve(lines, reader=reader)
