"""Two moderators or members acting concurrently, on two database connections."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from community.core.rate_limits import RateLimited
from community.forum.models import Post
from community.forum.services import counters, likes, posts
from community.moderation.models import AuditEntry, Flag, Policy, Reason, ReviewItem, Sanction
from community.moderation.services import flags, review_queue, reviews, sanctions
from community.moderation.services.review_queue import Conflict
from community.moderation.services.reviews import Decision
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import FlagFactory, ReviewItemFactory
from tests.support import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts):
    """Run the functions concurrently. Return the result or exception of each."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        try:
            barrier.wait()
            results[number] = act()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_concurrent_replies_in_different_topics_count_towards_the_limits():
    Policy.objects.update_or_create(pk=1, defaults={"first_day_replies": 1, "seconds_between_posts": 0})
    author, results = MemberFactory(joined_at=timezone.now()), []
    first, second = TopicFactory(), TopicFactory()

    def reply():
        try:
            posts.create(second, author=author, source="The second reply.")
        except RateLimited as error:
            results.append(error)

    with transaction.atomic():
        posts.create(first, author=author, source="The first reply.")
        thread = in_thread(reply)
        thread.join(1)  # it waits for the author, who is locked until the commit
    thread.join(30)

    assert len(results) == 1
    assert Post.objects.filter(author=author).count() == 1


def decide(item, actor):
    reviews.decide(item, actor=actor, version=item.version, decision=Decision(Decision.KEEP))


@pytest.mark.parametrize(
    "act",
    [
        lambda item, actor: flags.add(item.post, actor=actor, reason=Reason.SPAM),
        lambda item, actor: likes.add(item.post, member=actor),
        lambda item, actor: likes.remove(item.post, member=actor),
        decide,
    ],
    ids=["flag", "like", "unlike", "decision"],
)
def test_the_topic_is_locked_before_its_posts_and_review_items(act):
    Policy.objects.update_or_create(pk=1, defaults={"hide_at": "0.1"})
    item, actor, errors = ReviewItemFactory(post=PostFactory()), MemberFactory(), []

    def do():
        try:
            act(item, actor)
        except Exception as error:
            errors.append(error)

    with transaction.atomic():
        counters.lock_topic(item.post.topic_id)
        thread = in_thread(do)
        thread.join(1)
        assert thread.is_alive()
        Post.objects.select_for_update(nowait=True).get(pk=item.post_id)
        ReviewItem.objects.select_for_update(nowait=True).get(pk=item.pk)
    thread.join(30)

    assert errors == []


def test_concurrent_decisions_conflict():
    item = ReviewItemFactory()
    FlagFactory(post=item.post)
    ada, ben = MemberFactory(role="moderator"), MemberFactory(role="moderator")
    hide = Decision("hide", reason="Advertising.", person="warning", rule=Reason.SPAM)

    results = at_once(
        lambda: reviews.decide(item, actor=ada, version=1, decision=hide),
        lambda: reviews.decide(item, actor=ben, version=1, decision=Decision("keep")),
    )

    conflicts = [result for result in results if isinstance(result, Conflict)]
    item.refresh_from_db()
    assert len(conflicts) == 1
    assert str(item.closed_by) in str(conflicts[0])
    assert AuditEntry.objects.filter(act="review.decide").count() == 1
    assert Sanction.objects.count() == (1 if item.outcome == "hidden" else 0)


def test_concurrent_claims_conflict():
    item = ReviewItemFactory()
    team = [MemberFactory(role="moderator") for _ in range(2)]

    results = at_once(*(lambda who=who: review_queue.claim(item, actor=who, version=1) for who in team))

    assert sum(isinstance(result, Conflict) for result in results) == 1
    item.refresh_from_db()
    assert item.claimed_by in team


def test_concurrent_flags_by_one_member_are_one():
    post = PostFactory(author=MemberFactory(customer_since="2026-01-01"))
    member = MemberFactory()

    results = at_once(*[lambda: flags.add(post, actor=member, reason=Reason.SPAM)] * 2)

    assert results[0] == results[1] == Flag.objects.get()
    assert ReviewItem.objects.count() == 1


def test_concurrent_flags_hide_the_post_once():
    post = PostFactory(author=MemberFactory(customer_since="2026-01-01"))
    members = [MemberFactory(customer_since="2026-01-01") for _ in range(3)]

    at_once(*(lambda who=who: flags.add(post, actor=who, reason=Reason.SPAM) for who in members))

    post.refresh_from_db()
    assert (post.status, ReviewItem.objects.get().score) == ("hidden", 9)
    assert AuditEntry.objects.filter(act="post.hide").count() == 1


def test_concurrent_appeals_are_one():
    sanction = sanctions.impose(
        MemberFactory(),
        actor=MemberFactory(role="moderator"),
        kind="silence",
        rule=Reason.SPAM,
        reason="Spam.",
    )

    results = at_once(*[lambda: reviews.appeal_sanction(sanction, text="Why?")] * 2)

    assert results[0] == results[1] == ReviewItem.objects.get()
