import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string

from community.forum.hooks import thread_decorations
from journeys.models import MemberState
from journeys.threads import stage_by_member
from tests.factories.forum import AnswerFactory, QuestionFactory
from tests.factories.members import MemberFactory

from .journey_fixtures import drained, replied

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread():
    topic = QuestionFactory()
    answers = AnswerFactory.create_batch(3, topic=topic)
    for post in answers:
        replied(post.author, 3)
    drained()
    return topic, answers


@pytest.mark.parametrize("role", ["manager", "moderator", "sales", "support", "product"])
def test_team_gets_the_stage_of_each_author(thread, role):
    topic, posts = thread

    found = stage_by_member(MemberFactory(role=role), topic, posts)["stage_by_member"]

    assert {pk: state.stage for pk, state in found.items()} == {
        post.author_id: "engagement" for post in posts
    }


def test_members_and_visitors_get_nothing(thread):
    topic, posts = thread

    for reader in (posts[0].author, MemberFactory(), AnonymousUser()):
        assert stage_by_member(reader, topic, posts) == {"stage_by_member": {}}


def test_stages_of_a_page_cost_one_query(thread, django_assert_num_queries):
    topic, posts = thread
    staff = MemberFactory(role="sales")

    with django_assert_num_queries(1):
        stage_by_member(staff, topic, posts)


def test_stages_are_part_of_every_thread_page(thread):
    topic, posts = thread

    assert "stage_by_member" in thread_decorations(AnonymousUser(), topic, posts)


def test_stage_chip_says_stage_and_sub_stage(thread):
    state = MemberState.objects.first()

    chip = render_to_string("journeys/_stage_chip.html", {"state": state})

    assert 'data-stage="engagement"' in chip
    assert "Exploring" in chip
    assert "At risk" not in chip


def test_stage_chip_of_nobody_is_empty():
    assert render_to_string("journeys/_stage_chip.html", {"state": None}).strip() == ""
