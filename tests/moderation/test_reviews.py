from datetime import timedelta

import pytest
from django.utils import timezone

from community.events.catalogue import MODERATION_HELPED, POST_APPROVED, STRIKE_UPHELD
from community.events.models import Event
from community.moderation.models import AuditEntry, Flag, Reason, ReviewItem, Sanction
from community.moderation.rules import can_appeal_post
from community.moderation.services import flags, review_queue, reviews
from community.moderation.services.review_queue import Conflict
from community.moderation.services.reviews import Decision
from community.notifications.models import Notification
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import FlagFactory, ReviewItemFactory, SanctionFactory

pytestmark = pytest.mark.django_db


def flagged(**fields):
    item = ReviewItemFactory(**fields)
    FlagFactory(post=item.post)
    return item


def decide(item, verdict="hide", *, actor=None, version=None, **fields):
    actor = actor or MemberFactory(role="moderator")
    decision = Decision(verdict, **{"reason": "It is an advertisement.", "rule": Reason.SPAM, **fields})
    return reviews.decide(item, actor=actor, version=version or item.version, decision=decision)


def told(member):
    return list(Notification.objects.filter(member=member).order_by("pk").values_list("text", flat=True))


def test_decide_keep_declines_the_flags_and_notifies_nobody():
    item = flagged()

    decide(item, "keep", reason="")

    item.refresh_from_db()
    assert (item.outcome, item.post.status) == ("kept", "published")
    assert item.post.flags.get().status == Flag.Status.DECLINED
    assert told(item.member) == []


def test_decide_keep_unhides_a_post_hidden_by_flags():
    item = flagged(post=PostFactory(status="hidden"))

    decide(item, "keep", reason="")

    item.post.refresh_from_db()
    assert item.post.status == "published"
    assert told(item.member) == ["Your post is visible again. We are sorry for the interruption."]


def test_decide_keep_publishes_a_held_post():
    item = ReviewItemFactory(kind="held", post=PostFactory(status="pending"))

    decide(item, "keep", reason="")

    item.post.refresh_from_db()
    assert item.post.status == "published"
    assert Event.objects.get(name=POST_APPROVED).member == item.member
    assert told(item.member) == ["Your post was approved and is published."]


def test_decide_keep_publishes_a_held_topic():
    topic = TopicFactory(status="pending")
    item = ReviewItemFactory(kind="held", post=topic.posts.get())

    decide(item, "keep", reason="")

    topic.refresh_from_db()
    assert topic.status == "published"


def test_decide_keep_publishes_a_post_hidden_before_it_was_ever_approved():
    item = ReviewItemFactory(kind="held", post=PostFactory(status="pending"))
    decide(item, "hide")
    again = ReviewItemFactory(kind="held", post=item.post)
    again.post.refresh_from_db()

    decide(again, "keep", reason="")

    item.post.refresh_from_db()
    assert item.post.status == "published"


def test_decide_hide_of_a_held_post_can_be_appealed():
    post = PostFactory(status="pending", author__username="newcomer")
    item = ReviewItemFactory(kind="held", post=post)

    decide(item, "hide")

    post.refresh_from_db()
    assert (post.status, post.status_reason) == ("hidden", "It is an advertisement.")
    assert told(post.author) == ["Your post is hidden. It is an advertisement."]
    assert can_appeal_post(post.author, post)


def test_an_appeal_against_a_refusal_publishes_the_post():
    post = PostFactory(status="pending")
    decide(ReviewItemFactory(kind="held", post=post), "hide")
    appeal = reviews.appeal_post(post, text="It is no advertisement.")

    reviews.decide_appeal(
        appeal, actor=MemberFactory(role="manager"), version=appeal.version, take_back=True, reason="Right."
    )

    post.refresh_from_db()
    assert (post.status, post.status_before) == ("published", "")
    assert Event.objects.not_retracted().get(name=POST_APPROVED).member == post.author
    assert Event.objects.not_retracted().filter(name="reply.created", member=post.author).count() == 1


def test_decide_hide_notifies_the_author_and_credits_the_flaggers():
    item = flagged()

    decide(item, "hide")

    item.post.refresh_from_db()
    assert (item.post.status, item.post.status_reason) == ("hidden", "It is an advertisement.")
    assert told(item.member) == ["Your post is hidden. It is an advertisement."]
    assert Event.objects.filter(name=MODERATION_HELPED).count() == 1
    assert not Event.objects.filter(name=STRIKE_UPHELD).exists()


def test_decide_edit_changes_the_text_and_keeps_a_revision():
    item = flagged(post=PostFactory(source="Call me at 555-1234 about it"))

    decide(item, "edit", source="Call me about it", reason="Phone numbers are private.")

    item.post.refresh_from_db()
    assert (item.post.source, item.post.status) == ("Call me about it", "published")
    assert item.post.revisions.order_by("number").first().source == "Call me at 555-1234 about it"
    assert told(item.member) == ["A moderator edited your post. Phone numbers are private."]


def test_decide_edit_unhides_a_post_with_its_new_text():
    item = flagged(post=PostFactory(source="Call 555-1234", status="hidden"))

    decide(item, "edit", source="Call us")

    item.post.refresh_from_db()
    assert (item.post.source, item.post.status) == ("Call us", "published")


@pytest.mark.parametrize(("kind", "severity"), [("warning", 1), ("silence", 2), ("suspension", 3)])
def test_decide_with_a_sanction_records_a_strike(kind, severity):
    item = flagged()

    decide(item, "hide", person=kind, ends_at=timezone.now() + timedelta(hours=24))

    sanction = Sanction.objects.get()
    assert (sanction.member, sanction.kind, sanction.post) == (item.member, kind, item.post)
    event = Event.objects.get(name=STRIKE_UPHELD)
    assert (event.member, event.props) == (item.member, {"severity": severity, "kind": "spam"})


def test_decide_can_warn_and_keep_the_post():
    item = flagged()

    decide(item, "keep", person="warning")

    item.post.refresh_from_db()
    assert (item.post.status, Sanction.objects.get().kind) == ("published", "warning")
    assert item.post.flags.get().status == Flag.Status.UPHELD


@pytest.mark.parametrize("fields", [{"verdict": "hide"}, {"verdict": "keep", "person": "warning"}])
def test_decide_requires_a_reason(fields):
    item = flagged()

    with pytest.raises(ValueError, match="needs a reason"):
        decide(item, reason="", **fields)

    item.post.refresh_from_db()
    assert item.post.status == "published"


def test_decide_is_in_the_audit_log():
    item = flagged()
    moderator = MemberFactory(role="moderator")

    decide(item, "hide", actor=moderator)

    entry = AuditEntry.objects.get(act="review.decide")
    assert (entry.actor, entry.reason) == (moderator, "It is an advertisement.")
    assert entry.after == {
        "outcome": "hidden",
        "person": "",
        "ends_at": None,
        "post": item.post_id,
        "flags": 1,
    }
    hidden = AuditEntry.objects.get(act="post.hide")
    assert (hidden.before, hidden.after) == ({"status": "published"}, {"status": "hidden"})


def test_decide_is_in_the_history_of_the_item():
    item = flagged()

    decide(item, "hide", person="warning")

    assert item.steps.last().says == ("hid the post and warned the author: It is an advertisement.")


def test_decide_closes_the_posts_other_open_items():
    item = flagged()
    held = ReviewItemFactory(kind="held", post=item.post)

    decide(item, "hide")

    held.refresh_from_db()
    assert held.outcome == "hidden"


def test_decide_twice_conflicts_and_changes_nothing():
    item = flagged()
    decide(item, "hide", actor=MemberFactory(role="moderator", display_name="Ada"))

    with pytest.raises(
        Conflict, match=r"Ada already closed this .* ago \(hidden\)\. Your change was not saved\."
    ):
        decide(item, "keep", reason="")

    item.post.refresh_from_db()
    assert item.post.status == "hidden"
    assert AuditEntry.objects.filter(act="review.decide").count() == 1


def test_decide_on_a_changed_item_conflicts():
    item = flagged()
    seen = item.version
    review_queue.claim(item, actor=MemberFactory(role="moderator", display_name="Ada"), version=seen)

    with pytest.raises(Conflict, match="Ada: self-assigned this"):
        decide(item, "hide", version=seen)

    item.post.refresh_from_db()
    assert item.post.status == "published"


def test_decide_after_another_flag_conflicts():
    item = flagged()
    flags.add(item.post, actor=MemberFactory(), reason=Reason.OFF_TOPIC)

    with pytest.raises(Conflict, match="flagged the post: off-topic"):
        decide(item, "keep", reason="")


def test_decide_refuses_an_appeal():
    sanction = SanctionFactory()
    item = reviews.appeal_sanction(sanction, text="It was my brother.")

    with pytest.raises(ValueError, match="decide_appeal"):
        decide(item, "keep")


def test_most_urgent_first_then_oldest():
    low = ReviewItemFactory(priority=1)
    high = ReviewItemFactory(priority=3)
    later = ReviewItemFactory(priority=3)

    assert list(ReviewItem.objects.most_urgent_first()) == [high, later, low]
