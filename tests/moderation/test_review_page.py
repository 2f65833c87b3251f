from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import RequestFactory
from django.utils import timezone

from community.moderation import review_page
from community.moderation.models import Flag, Reason
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import GuidelinesFactory, MemberFactory
from tests.factories.moderation import FlagFactory, ReviewItemFactory, SanctionFactory

pytestmark = pytest.mark.django_db


def numbers(posts):
    return [post.number for post in posts]


def test_context_of_includes_the_opening_and_two_posts_on_each_side():
    topic = TopicFactory()
    posts = PostFactory.create_batch(8, topic=topic)

    page = review_page.context_of(ReviewItemFactory(post=posts[4]))  # number 6

    assert numbers(page["before"]) == [1, 4, 5]
    assert numbers(page["after"]) == [7, 8]


def test_context_of_a_second_post_includes_the_opening_once():
    page = review_page.context_of(ReviewItemFactory(post=PostFactory()))

    assert (numbers(page["before"]), page["after"]) == ([1], [])


def test_context_of_an_opening_post_has_nothing_before_it():
    topic = TopicFactory()
    reply = PostFactory(topic=topic)

    page = review_page.context_of(ReviewItemFactory(post=topic.posts.get(number=1)))

    assert (page["before"], page["after"]) == ([], [reply])


def test_context_of_an_appeal_without_a_post_has_no_posts():
    sanction = SanctionFactory()
    item = ReviewItemFactory(kind="appeal", post=None, sanction=sanction, member=sanction.member)

    page = review_page.context_of(item)

    assert (page["before"], page["after"], page["flags"], page["revisions"]) == ([], [], [], [])


def test_context_of_includes_the_guidelines_in_force():
    GuidelinesFactory(version=7)
    newest = GuidelinesFactory(version=8)

    assert review_page.context_of(ReviewItemFactory())["guidelines"] == newest


@pytest.mark.parametrize(
    ("score", "limit", "share"),
    [("0", "8.33", 0), ("7.1", "8.33", 85), ("8.33", "8.33", 100), ("20", "8.33", 100), ("1", "0", 100)],
)
def test_percent_of_limit_is_at_most_100(score, limit, share):
    assert review_page.percent_of_limit(Decimal(score), Decimal(limit)) == share


def test_summarize_member_counts_posts_strikes_and_flags():
    member = MemberFactory()
    PostFactory.create_batch(2, author=member)
    PostFactory(author=member, status="hidden")
    warning = SanctionFactory(member=member, kind="warning")
    silence = SanctionFactory(member=member, ends_at=timezone.now() + timedelta(hours=1))
    SanctionFactory(member=member, lifted_at=timezone.now())
    SanctionFactory(member=member, is_strike=False, ends_at=timezone.now() + timedelta(minutes=1))
    FlagFactory.create_batch(2, member=member, status=Flag.Status.UPHELD)
    FlagFactory(member=member, status=Flag.Status.DECLINED)
    FlagFactory(member=member)

    known = review_page.summarize_member(member)

    assert (known["published"], known["hidden"], known["lifted"]) == (2, 1, 1)
    assert set(known["strikes"]) == {warning, silence}
    assert known["in_force"] is not None
    assert (known["flags_upheld"], known["flags_declined"]) == (2, 1)


def test_likely_rule_is_the_most_common_reason():
    post = PostFactory()
    for reason in (Reason.SPAM, Reason.SPAM, Reason.OFF_TOPIC):
        FlagFactory(post=post, reason=reason)
    FlagFactory.create_batch(5, post=post, reason=Reason.INAPPROPRIATE, status=Flag.Status.DECLINED)

    assert review_page.likely_rule(post) == Reason.SPAM
    assert review_page.likely_rule(PostFactory()) == Reason.OTHER
    assert review_page.likely_rule(None) == Reason.OTHER


def test_next_after_is_the_most_urgent_available_item():
    moderator = MemberFactory(role="moderator")
    done = ReviewItemFactory(priority=3)
    ReviewItemFactory(priority=3, claimed_by=MemberFactory(role="moderator"))
    ReviewItemFactory(priority=3, post=PostFactory(author=moderator))
    ReviewItemFactory(priority=3, closed_at=timezone.now(), outcome="kept")
    mine = ReviewItemFactory(priority=2, claimed_by=moderator)
    ReviewItemFactory(priority=1)

    assert review_page.next_after(done, moderator) == mine


def test_next_after_the_last_item_is_none():
    item = ReviewItemFactory()

    assert review_page.next_after(item, MemberFactory(role="moderator")) is None


def test_conduct_panel_knows_whether_the_reader_can_sanction():
    member, request = MemberFactory(), RequestFactory().get("/")

    request.user = MemberFactory(role="moderator")
    assert review_page.conduct_panel(member, request).context["can_sanction"]
    request.user = member
    assert not review_page.conduct_panel(member, request).context["can_sanction"]


def test_other_panels_exclude_the_conduct_panel():
    request = RequestFactory().get("/")
    request.user = MemberFactory(role="manager")

    templates = [panel.template for panel in review_page.other_panels(MemberFactory(), request)]

    assert review_page.CONDUCT not in templates
