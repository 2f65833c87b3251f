from datetime import timedelta

import pytest
from django.utils import timezone

from community.events.catalogue import STRIKE_UPHELD
from community.events.models import Event
from community.moderation.models import AuditEntry, Reason, ReviewItem
from community.moderation.services import reviews, sanctions
from community.moderation.services.review_queue import Conflict
from community.notifications.models import Notification
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import ReviewItemFactory, SanctionFactory

pytestmark = pytest.mark.django_db


def imposed():
    return sanctions.impose(
        MemberFactory(),
        actor=MemberFactory(role="moderator"),
        kind="suspension",
        rule=Reason.SPAM,
        reason="You advertised.",
        ends_at=timezone.now() + timedelta(hours=72),
    )


def decide(item, *, take_back, version=None):
    return reviews.decide_appeal(
        item,
        actor=MemberFactory(role="manager"),
        version=version or item.version,
        take_back=take_back,
        reason="We read it again.",
    )


def test_appeal_sanction_is_first_in_the_queue():
    sanction = imposed()

    item = reviews.appeal_sanction(sanction, text="It was my brother.")

    assert (item.kind, item.member, item.text) == ("appeal", sanction.member, "It was my brother.")
    assert (item.priority, item.reason) == (ReviewItem.Priority.HIGH, "Appeal against a suspension")


def test_appeal_sanction_is_idempotent():
    sanction = imposed()

    items = [reviews.appeal_sanction(sanction, text=text) for text in ("One.", "Two.")]

    assert items[0] == items[1]
    assert ReviewItem.objects.get().text == "One."


def test_appeal_against_a_warning_is_less_urgent():
    item = reviews.appeal_sanction(SanctionFactory(kind="warning"), text="Why?")

    assert item.priority == ReviewItem.Priority.MEDIUM


def test_appeal_post_is_idempotent():
    post = PostFactory(status="hidden")

    items = [reviews.appeal_post(post, text="I changed it.") for _ in range(2)]

    assert items[0] == items[1]
    assert (items[0].member, items[0].post) == (post.author, post)


def test_decide_appeal_lifts_the_sanction():
    sanction = imposed()
    item = reviews.appeal_sanction(sanction, text="It was my brother.")

    decide(item, take_back=True)

    item.refresh_from_db()
    sanction.refresh_from_db()
    assert (item.outcome, sanction.lift_reason) == ("lifted", "We read it again.")
    assert not Event.objects.not_retracted().filter(name=STRIKE_UPHELD).exists()


def test_decide_appeal_upholds_the_sanction_and_notifies():
    sanction = imposed()
    item = reviews.appeal_sanction(sanction, text="It was my brother.")

    decide(item, take_back=False)

    item.refresh_from_db()
    sanction.refresh_from_db()
    assert (item.outcome, sanction.is_in_force) == ("upheld", True)
    assert Notification.objects.filter(member=sanction.member).first().text == (
        "We reviewed the decision, and it stands. We read it again."
    )


def test_decide_appeal_unhides_the_post():
    item = reviews.appeal_post(PostFactory(status="hidden"), text="I changed it.")

    decide(item, take_back=True)

    item.post.refresh_from_db()
    assert item.post.status == "published"


def test_decide_appeal_keeps_the_post_hidden():
    item = reviews.appeal_post(PostFactory(status="hidden"), text="I changed it.")

    decide(item, take_back=False)

    item.post.refresh_from_db()
    assert item.post.status == "hidden"
    assert Notification.objects.get().subject_id == item.post_id


def test_decide_appeal_is_in_the_audit_log():
    item = reviews.appeal_sanction(imposed(), text="It was my brother.")

    decide(item, take_back=False)

    entry = AuditEntry.objects.get(act="appeal.decide")
    assert (entry.after, entry.reason) == ({"outcome": "upheld"}, "We read it again.")


def test_decide_appeal_twice_conflicts():
    item = reviews.appeal_sanction(imposed(), text="It was my brother.")
    decide(item, take_back=True)

    with pytest.raises(Conflict, match="already closed this"):
        decide(item, take_back=False)


def test_decide_appeal_refuses_a_flagged_post():
    with pytest.raises(ValueError, match="Only appeals"):
        decide(ReviewItemFactory(), take_back=True)


def test_appeal_can_be_repeated_after_a_decision():
    sanction = imposed()
    item = reviews.appeal_sanction(sanction, text="One.")
    decide(item, take_back=False)

    again = reviews.appeal_sanction(sanction, text="Two.")

    assert again != item
