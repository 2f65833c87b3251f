"""The review queue: one open item of each kind, and conflicts between moderators."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from community.moderation.models import BlockedWord, ReviewItem
from community.moderation.services import review_queue
from community.moderation.services.review_queue import Conflict
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import ReviewItemFactory, SanctionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator():
    return MemberFactory(role="moderator", display_name="Ada")


def says(item):
    return [step.says for step in item.steps.all()]


def test_add_queues_the_post_with_the_reason():
    post = PostFactory()

    item = review_queue.add(post, kind="flagged", reason="Spam", score=Decimal("2.5"))

    assert (item.post, item.member, item.kind, item.reason) == (post, post.author, "flagged", "Spam")
    assert (item.version, item.score, says(item)) == (1, Decimal("2.5"), ["added this to the queue: Spam"])


def test_add_is_idempotent():
    post = PostFactory()

    for _ in range(2):
        item = review_queue.add(post, kind="flagged", reason="Spam")

    assert ReviewItem.objects.get() == item
    assert (item.version, len(says(item))) == (1, 1)


def test_add_updates_the_open_item():
    post = PostFactory()
    review_queue.add(post, kind="flagged", reason="Spam", score=Decimal(1))

    item = review_queue.add(post, kind="flagged", reason="Illegal", priority=3, score=Decimal(4))

    assert ReviewItem.objects.get() == item
    assert (item.reason, item.priority, item.score, item.version) == ("Illegal", 3, 4, 2)


def test_add_of_two_kinds_creates_two_items():
    post = PostFactory()

    review_queue.add(post, kind="flagged", reason="Spam")
    review_queue.add(post, kind="held", reason="First post")

    assert ReviewItem.objects.count() == 2


def test_add_after_a_decision_creates_a_new_item(moderator):
    post = PostFactory()
    first = review_queue.add(post, kind="flagged", reason="Spam")
    review_queue.close(first, actor=moderator, outcome="kept", says="kept it")

    second = review_queue.add(post, kind="flagged", reason="Spam again")

    assert second != first
    assert ReviewItem.objects.open().get() == second


def test_add_does_not_change_an_appeal_about_the_post():
    post = PostFactory()
    appeal = ReviewItemFactory(kind="appeal", post=post, sanction=SanctionFactory(post=post))

    review_queue.add(post, kind="flagged", reason="Spam")

    appeal.refresh_from_db()
    assert (appeal.kind, appeal.version) == ("appeal", 1)


def test_add_step_truncates_long_text():
    item = ReviewItemFactory()

    review_queue.add_step(item, None, "x" * 500)

    assert len(says(item)[0]) == 300


def test_claim_is_idempotent(moderator):
    item = ReviewItemFactory()

    once = review_queue.claim(item, actor=moderator, version=1)
    again = review_queue.claim(item, actor=moderator, version=once.version)

    assert (again.claimed_by, again.version) == (moderator, 2)
    assert says(item) == ["self-assigned this"]


def test_claim_for_a_colleague_names_them(moderator):
    item = ReviewItemFactory()

    review_queue.claim(item, actor=moderator, version=1, assignee=MemberFactory(display_name="Bea"))

    assert says(item) == ["assigned this to Bea"]


def test_claim_of_a_claimed_item_conflicts(moderator):
    item = ReviewItemFactory()
    review_queue.claim(item, actor=MemberFactory(display_name="Bea"), version=1)

    with pytest.raises(
        Conflict, match=r"This changed while you were reviewing it \(Bea: self-assigned this\)"
    ):
        review_queue.claim(item, actor=moderator, version=1)


def test_release_is_idempotent(moderator):
    item = review_queue.claim(ReviewItemFactory(), actor=moderator, version=1)

    free = review_queue.release(item, actor=moderator, version=2)
    review_queue.release(item, actor=moderator, version=free.version)

    assert (free.claimed_by, free.claimed_at) == (None, None)
    assert says(item) == ["self-assigned this", "unassigned this"]


@pytest.mark.parametrize("act", [review_queue.claim, review_queue.release])
def test_closed_items_cannot_change(moderator, act):
    item = ReviewItemFactory()
    review_queue.close(item, actor=MemberFactory(display_name="Bea"), outcome="hidden", says="hid it")

    with pytest.raises(
        Conflict, match=r"Bea already closed this a moment ago \(hidden\)\. Your change was not saved\."
    ):
        act(item, actor=moderator, version=item.version)


def test_lock_says_how_long_ago_the_item_was_closed():
    item = ReviewItemFactory()
    review_queue.close(item, actor=None, outcome="withdrawn", says="no longer needed")
    ReviewItem.objects.update(closed_at=timezone.now() - timedelta(hours=2))

    with pytest.raises(Conflict, match=r"Caravan already closed this 2 hours ago \(no longer needed\)"):
        review_queue.lock(item, version=item.version)


def test_lock_of_another_version_without_steps_conflicts():
    with pytest.raises(Conflict, match=r"\(new activity\)"):
        review_queue.lock(ReviewItemFactory(), version=7)


def test_lock_describes_changes_by_the_system():
    item = review_queue.add(PostFactory(), kind="flagged", reason="Spam")

    with pytest.raises(Conflict, match=r"\(added this to the queue: Spam\)"):
        review_queue.lock(item, version=9)


def test_add_held_names_the_blocked_word():
    BlockedWord.objects.create(phrase="cheap beans", action="hold")

    review_queue.add_held(PostFactory(source="Buy CHEAP  beans here"), "First post")

    assert ReviewItem.objects.get().reason == "Contains “cheap beans”"


def test_add_held_without_a_blocked_word_keeps_the_reason():
    review_queue.add_held(PostFactory(source="Hello."), "First post")

    item = ReviewItem.objects.get()
    assert (item.kind, item.reason) == ("held", "First post")


def test_add_with_blocked_words_is_idempotent():
    BlockedWord.objects.create(phrase="casino", action=BlockedWord.Action.values[-1])
    posts = [PostFactory(source="The casino at the corner."), PostFactory(source="Nothing.")]

    for _ in range(2):
        review_queue.add_with_blocked_words(posts)

    item = ReviewItem.objects.get()
    assert (item.post, item.kind, item.version) == (posts[0], "flagged", 1)


def test_add_with_blocked_words_keeps_members_flags():
    BlockedWord.objects.create(phrase="casino", action=BlockedWord.Action.values[-1])
    post = PostFactory(source="The casino at the corner.")
    review_queue.add(post, kind="flagged", reason="Three members: spam")

    review_queue.add_with_blocked_words([post])

    assert ReviewItem.objects.get().reason == "Three members: spam"
