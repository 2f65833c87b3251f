import pytest
from django.db.models import F

from bench import people
from bench.fill import Size, fill
from community.forum.models import Category, Post, Tag, Topic
from community.forum.services import counters
from community.members.models import Member
from community.prospects.models import DeskQuestion
from community.prospects.services import tracking
from journeys.models import MemberState, StageHistory
from journeys.reports.overview import stage_counts
from tests.factories.members import MemberFactory

SMALL = Size(members=20, topics=10, posts=80, longest=25, prospects=3, waiting=1)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("filled")]


@pytest.fixture(scope="module")
def filled(module_db):
    people.prepare()
    fill(SMALL)


def test_fill_creates_the_requested_sizes():
    members = Member.objects.filter(username__startswith="fill-")

    assert (members.count(), Topic.objects.count(), Post.objects.count()) == (20, 10, 80)
    assert Topic.objects.filter(reply_count=25, last_number=26).count() == 1
    assert DeskQuestion.objects.count() == 3
    assert DeskQuestion.objects.open().filter(topic=Topic.objects.order_by("pk").first()).exists()


def test_fill_counts_as_the_services_do():
    def counted():
        return (
            list(
                Topic.objects.order_by("pk").values(
                    "reply_count",
                    "answer_count",
                    "like_count",
                    "score",
                    "is_solved",
                    "bumped_at",
                    "last_number",
                    "last_post_author",
                )
            ),
            list(Category.objects.order_by("pk").values("pk", "topic_count", "post_count")),
            list(Tag.objects.order_by("pk").values("pk", "topic_count")),
        )

    before = counted()
    counters.recount_topics(Topic.objects.values_list("pk", flat=True))
    counters.recount_categories()

    assert counted() == before


def test_fill_counts_likes_and_votes_as_rows():
    for post in Post.objects.prefetch_related("likes", "votes"):
        assert post.like_count == len(post.likes.all())
        assert post.score == sum(vote.value for vote in post.votes.all())


def test_fill_leaves_the_desk_as_its_service_would():
    before = list(DeskQuestion.objects.order_by("pk").values())

    for question in DeskQuestion.objects.all():
        tracking.track_topic(question.pk)

    assert list(DeskQuestion.objects.order_by("pk").values()) == before


def test_fill_gives_members_a_stage_and_a_history():
    counted = sum(count.members for count in stage_counts())

    assert counted == MemberState.objects.count() > 0
    assert StageHistory.objects.current().filter(exited_on=None).count() == counted


def test_fill_updates_the_sequences():
    newest = Member.objects.order_by("-pk").first()

    assert MemberFactory().pk > newest.pk


def test_filled_posts_are_in_chronological_order():
    later = Post.objects.filter(topic=F("topic"), number__gt=1, created_at__lte=F("topic__created_at"))

    assert not later.exists()


def test_filled_pages_render(client):
    client.force_login(people.managers()[0])

    for topic in Topic.objects.all():
        assert client.get(topic.get_absolute_url()).status_code == 200
    for address in ("/", "/latest/", "/desk/", "/journeys/"):
        assert client.get(address).status_code == 200
