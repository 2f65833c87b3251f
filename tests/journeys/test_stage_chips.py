import pytest
from django.test import Client

from journeys.models import MemberState
from journeys.reports.overview import chips
from tests.factories.forum import AnswerFactory, QuestionFactory
from tests.factories.members import MemberFactory
from tests.forum.pages import page, texts

from .journey_fixtures import drained, replied

pytestmark = pytest.mark.django_db


@pytest.fixture
def answers():
    answers = AnswerFactory.create_batch(3, topic=QuestionFactory())
    for post in answers:
        replied(post.author, 3)
    drained()
    return answers


def chips_on(client, answers):
    return page(client.get(answers[0].topic.get_absolute_url())).cssselect("#posts .chip[data-stage]")


@pytest.mark.parametrize("role", ["manager", "moderator", "sales", "support", "product"])
def test_team_sees_the_stage_of_each_author(client, answers, role):
    client.force_login(MemberFactory(role=role))

    found = chips_on(client, answers)

    assert [chip.get("data-stage") for chip in found] == ["engagement"] * 3


def test_members_and_visitors_see_no_stage(client, answers):
    readers = [Client(), Client(), Client()]
    readers[1].force_login(answers[0].author)
    readers[2].force_login(MemberFactory())

    assert [chips_on(reader, answers) for reader in readers] == [[], [], []]


def test_stages_of_a_page_take_one_query(answers, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = chips({post.author_id for post in answers})

    assert {pk: state.stage for pk, state in found.items()} == {
        post.author_id: "engagement" for post in answers
    }


def test_stage_chip_shows_stage_and_sub_stage(client, answers):
    client.force_login(MemberFactory(role="sales"))

    (chip, *_) = texts(client.get(answers[0].topic.get_absolute_url()), "#posts .chip[data-stage]")

    assert "Exploring" in chip
    assert "At risk" not in chip


def test_author_without_a_stage_has_no_chip(client, answers):
    MemberState.objects.all().delete()
    client.force_login(MemberFactory(role="sales"))

    assert chips_on(client, answers) == []
