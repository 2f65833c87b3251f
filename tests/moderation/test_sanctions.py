from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from community.events.catalogue import STRIKE_UPHELD
from community.events.models import Event
from community.moderation import active_sanctions
from community.moderation.models import AuditEntry, Reason, Sanction
from community.moderation.services import sanctions
from community.notifications.models import Notification
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import SanctionFactory

pytestmark = pytest.mark.django_db


def impose(member, kind="silence", **fields):
    actor = fields.pop("actor", None) or MemberFactory(role="moderator")
    given = {
        "rule": Reason.SPAM,
        "reason": "You advertised.",
        "ends_at": timezone.now() + timedelta(hours=24),
        **fields,
    }
    return sanctions.impose(member, actor=actor, kind=kind, **given)


def test_impose_has_a_reason_an_end_and_a_strike():
    member = MemberFactory()
    moderator = MemberFactory(role="moderator")

    end = timezone.now() + timedelta(hours=24)

    sanction = impose(member, actor=moderator, message="Third time.", ends_at=end)

    assert (sanction.ends_at, sanction.reason, sanction.message) == (end, "You advertised.", "Third time.")
    event = Event.objects.get(name=STRIKE_UPHELD)
    assert (event.member, event.actor) == (member, moderator)
    entry = AuditEntry.objects.get(act="member.silence")
    assert (entry.actor, entry.object_id, entry.reason) == (moderator, str(member.pk), "You advertised.")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("warning", "You received a warning. You advertised."),
        ("silence", "You can read but not post for now. You advertised."),
        ("suspension", "Your account is suspended. You advertised."),
    ],
)
def test_impose_notifies_the_member(kind, text):
    sanction = impose(MemberFactory(), kind)

    line = Notification.objects.get(member=sanction.member)
    assert (line.text, line.subject_id) == (text, sanction.pk)


def test_impose_is_idempotent_per_post():
    post = PostFactory()

    first = impose(post.author, post=post)
    again = impose(post.author, post=post)

    assert first == again
    assert Event.objects.filter(name=STRIKE_UPHELD).count() == 1
    assert Notification.objects.count() == 1


def test_impose_without_hours_lasts_until_lifted():
    assert impose(MemberFactory(), ends_at=None).ends_at is None


def test_a_warning_has_no_end():
    sanction = impose(MemberFactory(), "warning", ends_at=timezone.now() + timedelta(hours=24))

    assert (sanction.ends_at, sanction.is_in_force, sanction.state) == (None, False, "sent")


def test_in_force_excludes_ended_sanctions():
    now = timezone.now()
    hour = timedelta(hours=1)
    holding = SanctionFactory(starts_at=now - hour, ends_at=now + hour)
    SanctionFactory(starts_at=now - 2 * hour, ends_at=now - hour)
    SanctionFactory(kind="warning")
    SanctionFactory(lifted_at=now)

    assert list(Sanction.objects.in_force()) == [holding]


@pytest.mark.parametrize("fields", [{"reason": ""}, {"ends_at": timezone.now() - timedelta(days=1)}])
def test_database_enforces_sanction_invariants(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        SanctionFactory(**fields)


def test_lift_ends_the_sanction_and_retracts_the_strike():
    sanction = impose(MemberFactory())
    manager = MemberFactory(role="manager")

    sanction = sanctions.lift(sanction, actor=manager, reason="It was a misunderstanding.")

    assert (sanction.is_in_force, sanction.lifted_by, sanction.state) == (False, manager, "lifted")
    assert not Event.objects.not_retracted().filter(name=STRIKE_UPHELD).exists()
    assert not Sanction.objects.strikes().exists()
    assert AuditEntry.objects.get(act="sanction.lift").reason == "It was a misunderstanding."
    last = Notification.objects.filter(member=sanction.member).first()
    assert last.text == "We reversed a decision: silence. It was a misunderstanding."


def test_lift_is_idempotent():
    sanction = impose(MemberFactory())
    manager = MemberFactory(role="manager")

    for _ in range(2):
        sanctions.lift(sanction, actor=manager, reason="Sorry.")

    assert AuditEntry.objects.filter(act="sanction.lift").count() == 1
    assert Notification.objects.filter(member=sanction.member).count() == 2


def test_notify_endings_notifies_each_once():
    now = timezone.now()
    over = SanctionFactory(starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
    SanctionFactory(ends_at=now + timedelta(days=1))

    counts = [sanctions.notify_endings() for _ in range(2)]

    assert counts == [1, 0]
    assert Notification.objects.get().text == "Your silence has ended. You can post again."
    assert AuditEntry.objects.get(act="sanction.end").object_id == str(over.member_id)


def test_silenced_and_suspended_members_are_recognized(django_capture_on_commit_callbacks):
    silenced, suspended, free = MemberFactory.create_batch(3)
    assert not active_sanctions.is_silenced(silenced)

    with django_capture_on_commit_callbacks(execute=True):
        impose(silenced)
        impose(suspended, "suspension")
        impose(free, "warning")

    assert (active_sanctions.is_silenced(silenced), active_sanctions.is_suspended(silenced)) == (True, False)
    assert (active_sanctions.is_silenced(suspended), active_sanctions.is_suspended(suspended)) == (True, True)
    assert (active_sanctions.is_silenced(free), active_sanctions.is_suspended(free)) == (False, False)


def test_suspension_takes_precedence_over_silence():
    member = MemberFactory()
    impose(member, "suspension", ends_at=timezone.now() + timedelta(hours=1))
    impose(member, "silence", ends_at=None)

    assert active_sanctions.is_suspended(member)


def test_sanctions_end_on_time():
    member = MemberFactory()
    soon = timezone.now() + timedelta(milliseconds=1)
    SanctionFactory(member=member, starts_at=timezone.now() - timedelta(hours=1), ends_at=soon)

    while timezone.now() <= soon:
        pass

    assert not active_sanctions.is_silenced(member)
