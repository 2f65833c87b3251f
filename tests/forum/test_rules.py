from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ValidationError
from django.utils import timezone

from community.forum import rules
from community.forum.models import Category, Post
from tests.factories.forum import CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

VISITOR = AnonymousUser()


def test_readers_see_public_members_and_group_categories():
    group = Group.objects.create(name="owners")
    public, members = CategoryFactory(), CategoryFactory(see_by="members")
    private = CategoryFactory(groups=[group])

    def seen(reader):
        return set(Category.objects.visible_to(reader))

    assert seen(VISITOR) == {public}
    assert seen(MemberFactory()) == {public, members}
    assert seen(MemberFactory(groups=[group])) == {public, members, private}
    assert seen(MemberFactory(role="manager")) == {public, members, private}
    assert seen(MemberFactory(role="sales")) == {public, members}


def test_subcategory_requires_access_to_its_parent():
    group = Group.objects.create(name="owners")
    child = CategoryFactory(parent=CategoryFactory(groups=[group]))

    assert list(Category.objects.visible_to(VISITOR)) == []
    assert child in Category.objects.visible_to(MemberFactory(groups=[group]))
    assert child in Category.objects.visible_to(MemberFactory(role="moderator"))


def test_creating_requires_a_log_in_an_open_category_and_the_group():
    group = Group.objects.create(name="writers")
    open_, archived = CategoryFactory(), CategoryFactory(is_archived=True)
    staffed = CategoryFactory(create_by="groups")
    staffed.create_groups.add(group)

    def may(reader):
        return set(Category.objects.creatable_by(reader))

    assert may(VISITOR) == set()
    assert may(MemberFactory()) == {open_}
    assert may(MemberFactory(groups=[group])) == {open_, staffed}
    assert may(MemberFactory(role="moderator")) == {open_, staffed}
    assert archived not in may(MemberFactory(groups=[group]))


def test_creating_requires_a_log_in_even_for_everyone():
    category = CategoryFactory(create_by="everyone", reply_by="everyone")

    assert not rules.can_create_in(VISITOR, category)
    assert not rules.can_reply(VISITOR, TopicFactory(category=category))
    assert rules.can_create_in(MemberFactory(), category)


def test_category_has_two_levels():
    top = CategoryFactory()
    child = CategoryFactory(parent=top)

    Category(name="y", slug="y", parent=top).full_clean()
    for wrong in (Category(name="x", slug="x", parent=child), top):
        wrong.parent = child
        with pytest.raises(ValidationError, match="top"):
            wrong.full_clean()


def test_parent_with_children_stays_at_the_top():
    top = CategoryFactory()
    CategoryFactory(parent=top)
    top.parent = CategoryFactory()

    with pytest.raises(ValidationError, match="must stay at the top level"):
        top.full_clean()


@pytest.mark.parametrize(
    ("kind", "kinds"),
    [
        ("forum", ["discussion", "question"]),
        ("qa", ["question", "discussion"]),
        ("ideas", ["idea"]),
        ("articles", ["article"]),
        ("prospect", ["question"]),
    ],
)
def test_category_accepts_its_kinds_and_staff_can_announce(kind, kinds):
    category = CategoryFactory(kind=kind)

    assert rules.topic_kinds(MemberFactory(), category) == kinds
    assert rules.topic_kinds(MemberFactory(role="product"), category) == [*kinds, "announcement"]


def test_own_posts_can_be_edited_for_thirty_days_in_open_topics():
    post = PostFactory()
    old = PostFactory(created_at=timezone.now() - timedelta(days=31))
    closed = PostFactory(topic__closed_at=timezone.now())
    moderator = MemberFactory(role="moderator")

    assert [rules.can_edit_post(p.author, p, p.topic) for p in (post, old, closed)] == [True, False, False]
    assert all(rules.can_edit_post(moderator, p, p.topic) for p in (post, old, closed))
    assert not rules.can_edit_post(MemberFactory(), post, post.topic)
    assert not rules.can_edit_post(VISITOR, post, post.topic)
    assert not rules.can_edit_post(moderator, PostFactory(status="deleted"), post.topic)


def test_accepted_answer_cannot_be_deleted_by_its_author():
    answer = PostFactory(kind="answer", is_accepted=True)

    assert not rules.can_delete_post(answer.author, answer, answer.topic)
    assert rules.can_delete_post(MemberFactory(role="moderator"), answer, answer.topic)


@pytest.mark.parametrize("status", Post.Status.values)
def test_can_read_words_agrees_with_visible_to(status):
    post = PostFactory(status=status)

    for reader in (VISITOR, MemberFactory(), post.author, MemberFactory(role="manager")):
        listed = Post.objects.visible_to(reader).filter(pk=post.pk).exists()
        assert rules.can_read_words(reader, post) == listed
