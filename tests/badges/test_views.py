import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community.badges.models import Badge
from community.events.catalogue import REPLY_CREATED
from community.members.models import Member
from community.moderation.services import sanctions
from tests.factories.badges import AwardFactory, BadgeFactory, happen
from tests.factories.forum import AnswerFactory, CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
LIST = "/badges/"


def rows_of(response) -> dict:
    return {row.badge.slug: row for part in response.context["series"] for row in part["rows"]}


def test_badge_list_shows_a_visitor_every_badge_and_no_progress(client):
    response = client.get(LIST)

    rows = rows_of(response)
    assert len(rows) == Badge.objects.count()
    assert {row.progress for row in rows.values()} == {None}


def test_badge_list_shows_a_member_their_badges_and_progress(client):
    member = MemberFactory()
    AwardFactory(member=member, badge=Badge.objects.get(slug="welcome"))
    happen(REPLY_CREATED, member, times=2, words=2, is_answer=True, topic_id=1)
    client.force_login(member)

    rows = rows_of(client.get(LIST))

    assert (rows["welcome"].earned, rows["welcome"].badge.holder_count) == (1, 1)
    assert (rows["answerer-5"].progress.have, rows["answerer-5"].progress.need) == (2, 5)


def test_badge_list_counts_a_badge_earned_twice_as_two_for_one_holder(client):
    member, badge = MemberFactory(), BadgeFactory()
    AwardFactory(member=member, badge=badge, key="post:1")
    AwardFactory(member=member, badge=badge, key="post:2")
    client.force_login(member)

    row = rows_of(client.get(LIST))[badge.slug]

    assert (row.earned, row.badge.holder_count) == (2, 1)


def test_badge_list_excludes_inactive_revoked_and_unheld_imported_badges(client):
    off = BadgeFactory(is_active=False)
    imported = BadgeFactory(source=Badge.Source.IMPORTED)
    taken = AwardFactory(taken_back_at="2026-01-01T00:00Z", taken_back_reason="A mistake.")

    rows = rows_of(client.get(LIST))

    assert off.slug not in rows
    assert imported.slug not in rows
    assert rows[taken.badge.slug].badge.holder_count == 0


def test_badge_list_shows_the_number_of_holders(client):
    BadgeFactory()
    nobodys = client.get(LIST).content.decode()
    AwardFactory()

    assert "Not awarded yet" in nobodys
    assert "Awarded to 1 member" in client.get(LIST).content.decode()


def test_badge_list_takes_the_same_queries_for_more_badges(client, django_assert_num_queries):
    client.force_login(MemberFactory())
    client.get(LIST)
    with CaptureQueriesContext(connection) as some:
        client.get(LIST)
    BadgeFactory.create_batch(3)

    with django_assert_num_queries(len(some)):
        client.get(LIST)


def test_badge_list_refuses_post(client):
    assert client.post(LIST).status_code == 405


def test_badge_detail_lists_the_holders_newest_first(client):
    badge = BadgeFactory()
    old = AwardFactory(badge=badge, awarded_at="2026-01-01T00:00Z")
    new = AwardFactory(badge=badge, awarded_at="2026-02-01T00:00Z")
    AwardFactory(badge=badge, taken_back_at="2026-02-01T00:00Z", taken_back_reason="A mistake.")

    response = client.get(badge.get_absolute_url())

    assert [award.pk for award, _ in response.context["rows"]] == [new.pk, old.pk]


def test_members_out_of_reach_are_no_holders(client):
    badge = BadgeFactory()
    suspended, gone, held = (AwardFactory(badge=badge) for _ in range(3))
    sanctions.impose(
        suspended.member, actor=MemberFactory(role="manager"), kind="suspension", rule="spam", reason="Spam"
    )
    Member.objects.filter(pk=gone.member_id).update(is_active=False)

    detail, row = client.get(badge.get_absolute_url()), rows_of(client.get(LIST))[badge.slug]

    assert [award.pk for award, _ in detail.context["rows"]] == [held.pk]
    assert detail.context["badge"].holder_count == row.badge.holder_count == 1


def test_badge_detail_shows_a_post_only_to_those_who_may_read_it(client, django_user_model):
    private = CategoryFactory(groups=[])
    answer = AnswerFactory(topic=TopicFactory(category=private, title="The secret roast"))
    award = AwardFactory(member=answer.author, post=answer)
    url = award.badge.get_absolute_url()

    visitor = client.get(url)
    client.force_login(MemberFactory(role="manager"))
    manager = client.get(url)

    assert [post for _, post in visitor.context["rows"]] == [None]
    assert b"The secret roast" not in visitor.content
    assert [post for _, post in manager.context["rows"]] == [answer]


def test_badge_detail_tells_holders_that_they_have_it(client):
    award = AwardFactory()
    url = award.badge.get_absolute_url()

    client.force_login(award.member)
    own = client.get(url)
    client.force_login(MemberFactory())
    other = client.get(url)

    assert own.context["own"] == award
    assert other.context["own"] is None


def test_badge_detail_without_holders_says_so(client):
    response = client.get(BadgeFactory().get_absolute_url())

    assert b"Not awarded yet" in response.content


@pytest.mark.parametrize("fields", [{"is_active": False}])
def test_badge_detail_of_an_inactive_badge_is_404(client, fields):
    assert client.get(BadgeFactory(**fields).get_absolute_url()).status_code == 404


def test_badge_detail_of_an_unknown_badge_is_404(client):
    assert client.get(reverse("badges:badge-detail", args=["best-in-show"])).status_code == 404


def test_badge_detail_takes_the_same_queries_for_one_holder_and_three(client, django_assert_num_queries):
    badge = BadgeFactory()
    AwardFactory(badge=badge, post=PostFactory())
    with CaptureQueriesContext(connection) as one:
        client.get(badge.get_absolute_url())
    AwardFactory(badge=badge, post=PostFactory())
    AwardFactory(badge=badge, post=PostFactory())

    with django_assert_num_queries(len(one)):
        client.get(badge.get_absolute_url())
