from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from community.moderation import notification_targets, rules
from community.moderation.models import Flag, Policy
from community.notifications import subjects
from community.notifications.services import notify
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import FlagFactory, SanctionFactory

pytestmark = pytest.mark.django_db

ROLES = ["", "sales", "support", "product", "moderator", "manager"]


@pytest.mark.parametrize("role", ROLES)
def test_can_flag_visible_posts_of_others(role):
    member = MemberFactory(role=role)

    assert rules.can_flag(member, PostFactory())
    assert not rules.can_flag(member, PostFactory(author=member))


@pytest.mark.parametrize("status", ["pending", "hidden", "deleted"])
def test_can_flag_published_posts_only(status):
    assert not rules.can_flag(MemberFactory(), PostFactory(status=status))


def test_can_flag_is_not_for_visitors():
    assert not rules.can_flag(AnonymousUser(), PostFactory())


def test_has_flags_left_ends_at_twenty_a_day_but_not_for_the_team():
    member, staff = MemberFactory(), MemberFactory(role="support")
    for flagger in (member, staff):
        FlagFactory.create_batch(20, member=flagger)

    assert not rules.has_flags_left(member)
    assert rules.has_flags_left(staff)


def test_has_flags_left_resets_after_a_day():
    member = MemberFactory()
    FlagFactory.create_batch(20, member=member, created_at=timezone.now() - timedelta(hours=25))

    assert rules.has_flags_left(member)


def test_can_withdraw_own_recent_open_flags_only():
    flag = FlagFactory()
    old = FlagFactory(created_at=timezone.now() - timedelta(minutes=10))
    decided = FlagFactory(status=Flag.Status.DECLINED)

    assert rules.can_withdraw(flag.member, flag)
    assert not rules.can_withdraw(MemberFactory(), flag)
    assert not rules.can_withdraw(old.member, old)
    assert not rules.can_withdraw(decided.member, decided)


def test_can_appeal_sanction_is_for_the_person_concerned():
    sanction = SanctionFactory()

    assert rules.can_appeal_sanction(sanction.member, sanction)
    assert not rules.can_appeal_sanction(sanction.given_by, sanction)


def test_can_appeal_sanction_also_when_it_ended():
    ended = SanctionFactory(
        starts_at=timezone.now() - timedelta(days=2), ends_at=timezone.now() - timedelta(days=1)
    )

    assert rules.can_appeal_sanction(ended.member, ended)


@pytest.mark.parametrize(("status", "allowed"), [("hidden", True), ("published", False), ("deleted", False)])
def test_can_appeal_post_only_while_it_is_hidden(status, allowed):
    post = PostFactory(status=status)

    assert rules.can_appeal_post(post.author, post) is allowed
    assert not rules.can_appeal_post(MemberFactory(), post)
    assert not rules.can_appeal_post(AnonymousUser(), post)


@pytest.mark.parametrize("role", ROLES)
def test_can_moderate_is_for_managers_and_moderators(role):
    assert rules.can_moderate(MemberFactory(role=role)) is (role in ("manager", "moderator"))


def test_can_moderate_is_not_for_visitors_or_inactive_members():
    assert not rules.can_moderate(AnonymousUser())
    assert not rules.can_moderate(MemberFactory(role="manager", is_active=False))


@pytest.mark.parametrize(
    ("actor", "target", "allowed"),
    [
        ("moderator", "", True),
        ("moderator", "sales", False),
        ("moderator", "moderator", False),
        ("moderator", "manager", False),
        ("manager", "", True),
        ("manager", "sales", True),
        ("manager", "moderator", True),
        ("manager", "manager", False),
        ("", "", False),
        ("support", "", False),
    ],
)
def test_can_sanction_follows_the_roles(actor, target, allowed):
    assert rules.can_sanction(MemberFactory(role=actor), MemberFactory(role=target)) is allowed


def test_can_sanction_neither_oneself_nor_superusers():
    manager = MemberFactory(role="manager")

    assert not rules.can_sanction(manager, manager)
    assert not rules.can_sanction(manager, MemberFactory(is_superuser=True))


def test_sanctions_are_shown_to_the_person_concerned_only():
    sanction = SanctionFactory()

    assert (
        notification_targets.sanctions(sanction.member, [sanction.pk])[sanction.pk].address
        == sanction.get_absolute_url()
    )
    assert notification_targets.sanctions(sanction.given_by, [sanction.pk]) == {}


def test_a_notification_with_an_unknown_subject_type_is_excluded():
    line = notify(MemberFactory(), kind="moderation", subject=Policy.current())

    assert subjects.resolve([line], reader=line.member) == {}
