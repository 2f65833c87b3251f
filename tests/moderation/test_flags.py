from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from community.events.catalogue import FLAG_RAISED, MODERATION_HELPED, POST_HIDDEN
from community.events.models import Event
from community.moderation.models import AuditEntry, Flag, Policy, Reason, ReviewItem, Sanction
from community.moderation.services import flags, reviews
from community.notifications.models import Notification
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import FlagFactory

pytestmark = pytest.mark.django_db


def customer(**fields):
    """A member whose flag weighs 1 + 2 trust."""
    return MemberFactory(customer_since="2026-01-01", **fields)


def seasoned():
    """An author without the limits for new members."""
    return customer()


def test_add_stores_the_weight_and_queues_the_post():
    post = PostFactory(author=seasoned())

    flag = flags.add(post, actor=customer(), reason=Reason.SPAM, text="  buy buy ")

    assert (flag.base, flag.trust, flag.weight, flag.text) == (1, 2, 3, "buy buy")
    item = ReviewItem.objects.get()
    assert (item.kind, item.post, item.member, item.score) == ("flagged", post, post.author, 3)
    assert (item.reason, item.priority) == ("Spam", ReviewItem.Priority.LOW)


def test_add_records_the_event():
    post = PostFactory(author=seasoned())
    actor = customer()

    flags.add(post, actor=actor, reason=Reason.SPAM)

    event = Event.objects.get(name=FLAG_RAISED)
    assert (event.member, event.counterpart) == (actor, post.author)
    assert event.props == {"topic_id": post.topic_id, "reason": "spam"}


def test_add_is_idempotent_per_member():
    post = PostFactory(author=seasoned())
    actor = customer()

    first, second = [flags.add(post, actor=actor, reason=Reason.SPAM) for _ in range(2)]

    assert first == second
    assert Flag.objects.count() == 1
    assert Event.objects.filter(name=FLAG_RAISED).count() == 1
    assert ReviewItem.objects.get().score == 3


def test_database_allows_one_flag_per_member():
    flag = FlagFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        FlagFactory(post=flag.post, member=flag.member)


def test_flag_with_reason_other_requires_text():
    with pytest.raises(IntegrityError), transaction.atomic():
        FlagFactory(reason=Reason.OTHER, text="")


def test_flags_below_the_limit_keep_the_post_visible():
    post = PostFactory(author=seasoned())

    for _ in range(2):
        flags.add(post, actor=customer(), reason=Reason.SPAM)

    post.refresh_from_db()
    assert (post.status, ReviewItem.objects.get().score) == ("published", 6)
    assert ReviewItem.objects.get().priority == ReviewItem.Priority.MEDIUM


def test_flags_at_the_limit_hide_the_post_and_notify_the_author():
    post = PostFactory(author=seasoned())

    for _ in range(3):
        flags.add(post, actor=customer(), reason=Reason.SPAM)

    post.refresh_from_db()
    item = ReviewItem.objects.get()
    assert (post.status, item.score, item.priority) == ("hidden", 9, ReviewItem.Priority.HIGH)
    assert Event.objects.get(name=POST_HIDDEN).member == post.author
    assert Notification.objects.get(member=post.author).text == (
        "Your post is hidden. Hidden until a moderator reviews it, because members flagged it."
    )
    assert AuditEntry.objects.get(act="post.hide").actor_name == "Caravan"


def test_flags_hide_at_the_policys_limit():
    Policy.objects.create(pk=1, hide_at=Decimal("2.50"))
    post = PostFactory(author=seasoned())

    flags.add(post, actor=customer(), reason=Reason.SPAM)

    post.refresh_from_db()
    assert post.status == "hidden"


def test_flag_with_take_action_hides_at_once():
    post = PostFactory(author=seasoned())

    flags.add(post, actor=MemberFactory(role="moderator"), reason=Reason.SPAM, take_action=True)

    post.refresh_from_db()
    assert (post.status, ReviewItem.objects.get().score) == ("hidden", 11)


def test_flag_for_illegal_content_has_high_priority():
    flags.add(PostFactory(author=seasoned()), actor=MemberFactory(), reason=Reason.ILLEGAL)

    assert ReviewItem.objects.get().priority == ReviewItem.Priority.HIGH


def test_flag_after_a_decision_opens_a_new_item():
    post = PostFactory(author=seasoned())
    flags.add(post, actor=customer(), reason=Reason.SPAM)
    item = ReviewItem.objects.get()
    reviews.decide(
        item, actor=MemberFactory(role="moderator"), version=item.version, decision=reviews.Decision("keep")
    )

    flags.add(post, actor=customer(), reason=Reason.OFF_TOPIC)

    assert ReviewItem.objects.open().get().score == 3


def test_three_reporters_silence_a_new_member():
    author = MemberFactory()
    first, second = PostFactory(author=author), PostFactory(author=author)

    for post, actor in ((first, customer()), (first, customer()), (second, customer())):
        flags.add(post, actor=actor, reason=Reason.SPAM)

    sanction = Sanction.objects.get()
    assert (sanction.member, sanction.kind, sanction.is_strike) == (author, "silence", False)
    assert Sanction.objects.strikes().count() == 0
    assert not Event.objects.filter(name="strike.upheld").exists()


def test_one_reporter_of_three_posts_silences_nobody():
    author, actor = MemberFactory(), customer()

    for _ in range(3):
        flags.add(PostFactory(author=author), actor=actor, reason=Reason.SPAM)

    assert not Sanction.objects.exists()


def test_three_reporters_do_not_silence_an_established_member():
    post = PostFactory(author=seasoned())

    for _ in range(3):
        flags.add(post, actor=customer(), reason=Reason.SPAM)

    assert not Sanction.objects.exists()


def test_withdraw_deletes_the_flag_and_closes_the_item():
    flag = flags.add(PostFactory(author=seasoned()), actor=customer(), reason=Reason.SPAM)

    flags.withdraw(flag)

    assert not Flag.objects.exists()
    assert ReviewItem.objects.get().outcome == "withdrawn"
    assert not Event.objects.not_retracted().filter(name=FLAG_RAISED).exists()


def test_withdraw_keeps_others_flags():
    post = PostFactory(author=seasoned())
    flag = flags.add(post, actor=customer(), reason=Reason.SPAM)
    flags.add(post, actor=customer(), reason=Reason.OFF_TOPIC)

    flags.withdraw(flag)

    item = ReviewItem.objects.open().get()
    assert (item.score, item.reason) == (3, "Off-topic")


def test_withdraw_twice_or_after_a_decision_changes_nothing():
    flag = FlagFactory(status=Flag.Status.UPHELD)

    flags.withdraw(flag)

    assert Flag.objects.get() == flag


def test_resolve_credits_members_for_upheld_flags():
    post = PostFactory(author=seasoned())
    flag = flags.add(post, actor=customer(), reason=Reason.SPAM)
    flags.add(post, actor=MemberFactory(role="support"), reason=Reason.SPAM)
    moderator = MemberFactory(role="moderator")

    resolved = flags.resolve(post, upheld=True, actor=moderator)

    assert resolved == 2
    event = Event.objects.get(name=MODERATION_HELPED)  # staff are not credited
    assert (event.member, event.actor, event.props) == (flag.member, moderator, {"reason": "spam"})


def test_resolve_is_idempotent():
    post = PostFactory(author=seasoned())
    flags.add(post, actor=customer(), reason=Reason.SPAM)
    moderator = MemberFactory(role="moderator")

    for _ in range(2):
        flags.resolve(post, upheld=True, actor=moderator)

    assert Event.objects.filter(name=MODERATION_HELPED).count() == 1


def test_resolve_of_declined_flags_credits_nobody():
    post = PostFactory(author=seasoned())
    flag = flags.add(post, actor=customer(), reason=Reason.SPAM)

    flags.resolve(post, upheld=False, actor=MemberFactory(role="moderator"))

    flag.refresh_from_db()
    assert flag.status == Flag.Status.DECLINED
    assert not Event.objects.filter(name=MODERATION_HELPED).exists()
