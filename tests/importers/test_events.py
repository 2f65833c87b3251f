"""Events of an imported thread: backdated, and without former members."""

from datetime import UTC, datetime

import pytest

from community.events.models import Event
from community.forum.models import Category
from community.importers.services.builders.bundle import load_bundle
from community.importers.services.builders.events import drafts_of
from community.importers.services.builders.people import former_member
from community.importers.services.builders.texts import texts_of
from community.importers.services.builders.threads import thread_of
from tests.factories.forum import CategoryFactory
from tests.importers.dumps import Dump
from tests.importers.staging_helpers import prepare

pytestmark = pytest.mark.django_db


def tell(dump):
    """Return the drafts of the dump's first question, and their bundle."""
    bundle = load_bundle(prepare(dump), former_member(), after=0, size=10)
    category = CategoryFactory(kind=Category.Kind.QA, slug="beer")
    thread = thread_of(bundle.questions[0], bundle, texts_of(bundle), category)
    return list(drafts_of(thread, bundle)), bundle


def names(drafts):
    return [draft.name for draft in drafts]


def only(drafts, name):
    (found,) = [draft for draft in drafts if draft.name == name]
    return found


@pytest.fixture
def asked(tmp_path) -> Dump:
    """A dump with two users and a question by the first."""
    return Dump(tmp_path).user(1).user(2).question(10)


def test_drafts_of_a_question_without_answers(asked):
    drafts, bundle = tell(asked)

    assert names(drafts) == ["topic.created", "question.asked"]
    assert drafts[0].payload == {
        "title": "Question 10?",
        "category": "beer",
        "kind": "question",
        "tags": ["hops"],
    }
    assert {draft.member_id for draft in drafts} == {bundle.members[1].pk}


def test_drafts_name_the_import_as_source(dump):
    drafts, bundle = tell(dump)

    assert {(draft.channel, draft.source) for draft in drafts} == {("import", bundle.batch.event_source)}


def test_drafts_of_an_answer_name_the_asker_as_counterpart(asked):
    drafts, bundle = tell(asked.answer(11, to=10, OwnerUserId=2, Body="<p>One two three.</p>"))

    reply = only(drafts, "reply.created")
    assert (reply.member_id, reply.counterpart_id) == (bundle.members[2].pk, bundle.members[1].pk)
    assert (reply.payload["words"], reply.payload["is_answer"]) == (3, True)


def test_drafts_of_a_comment_name_the_parents_author(asked):
    asked.answer(11, to=10, OwnerUserId=2).add("comments", PostId=11, UserId=1)

    drafts, bundle = tell(asked)

    comment = [draft for draft in drafts if draft.name == "reply.created"][-1]
    assert (comment.member_id, comment.counterpart_id) == (bundle.members[1].pk, bundle.members[2].pk)
    assert comment.payload["is_answer"] is False


@pytest.mark.parametrize(("post", "name"), [(10, "question_vote.received"), (11, "helpful_vote.received")])
def test_drafts_of_an_up_vote_name_only_the_author(asked, post, name):
    asked.answer(11, to=10, OwnerUserId=2).add("votes", PostId=post, VoteTypeId=2)

    drafts, bundle = tell(asked)

    vote = only(drafts, name)
    author = bundle.members[{10: 1, 11: 2}[post]].pk
    assert (vote.member_id, vote.actor_id, vote.counterpart_id) == (author, None, None)


@pytest.mark.parametrize("kind", [1, 3])
def test_drafts_ignore_other_kinds_of_votes(asked, kind):
    asked.answer(11, to=10, OwnerUserId=2).add("votes", PostId=11, VoteTypeId=kind)

    assert "helpful_vote.received" not in names(tell(asked)[0])


def test_drafts_ignore_votes_on_comments(asked):
    asked.add("comments", Id=11, PostId=10, UserId=2, Score=5)
    # A post with the same id as the comment.
    asked.answer(11, to=10).add("votes", PostId=11, VoteTypeId=2)

    assert names(tell(asked)[0]).count("helpful_vote.received") == 1


def test_drafts_of_a_vote_are_never_before_its_post(asked):
    asked.answer(11, to=10, OwnerUserId=2, CreationDate="2020-01-02T11:00:00.000")
    asked.add("votes", PostId=11, VoteTypeId=2, CreationDate="2020-01-02T00:00:00.000")

    vote = only(tell(asked)[0], "helpful_vote.received")

    assert vote.occurred_at == datetime(2020, 1, 2, 11, tzinfo=UTC)


def test_drafts_of_two_votes_on_one_day_are_distinct(asked):
    asked.add("votes", PostId=10, VoteTypeId=2).add("votes", PostId=10, VoteTypeId=2)

    drafts, _ = tell(asked)

    votes = [draft for draft in drafts if draft.name == "question_vote.received"]
    assert len({draft.key for draft in votes}) == len(votes) == 2


def test_drafts_of_an_acceptance_tell_both_sides_and_how_long_it_took(tmp_path):
    dump = Dump(tmp_path).user(1).user(2).question(10, AcceptedAnswerId=11)
    dump.answer(11, to=10, OwnerUserId=2, CreationDate="2020-01-02T11:30:00.000")
    dump.add("votes", PostId=11, VoteTypeId=1, CreationDate="2020-01-04T00:00:00.000")

    drafts, bundle = tell(dump)

    accepted, resolved = only(drafts, "answer.accepted"), only(drafts, "question.resolved")
    asker, answerer = bundle.members[1].pk, bundle.members[2].pk
    assert (accepted.member_id, accepted.actor_id, accepted.counterpart_id) == (answerer, asker, asker)
    assert (resolved.member_id, resolved.actor_id, resolved.counterpart_id) == (asker, asker, answerer)
    assert accepted.payload["minutes"] == 90
    assert resolved.payload == {"by": answerer, "minutes": 38 * 60, "by_staff": False}


def test_drafts_of_an_answer_older_than_its_question_take_no_time(tmp_path):
    dump = Dump(tmp_path).user(1).user(2).question(10, AcceptedAnswerId=11)
    dump.answer(11, to=10, OwnerUserId=2, CreationDate="2020-01-01T10:00:00.000")

    accepted = only(tell(dump)[0], "answer.accepted")

    assert accepted.payload["minutes"] == 0


def test_drafts_of_a_question_whose_answer_is_not_here_resolve_nothing(tmp_path):
    dump = Dump(tmp_path).user(1).question(10, AcceptedAnswerId=404)

    assert names(tell(dump)[0]) == ["topic.created", "question.asked"]


def test_drafts_of_somebody_who_left_belong_to_no_journey(tmp_path):
    dump = Dump(tmp_path).user(1).question(10, OwnerUserId=None, OwnerDisplayName="Gone")

    drafts, _ = tell(dump)

    assert {(draft.member_id, draft.actor_id, draft.actor_role) for draft in drafts} == {
        (None, None, Event.ActorRole.SYSTEM)
    }


def test_drafts_of_an_answer_to_somebody_who_left_stay_the_answerers(tmp_path):
    dump = Dump(tmp_path).user(2).question(10, OwnerUserId=None, AcceptedAnswerId=11)
    dump.answer(11, to=10, OwnerUserId=2)

    drafts, bundle = tell(dump)

    reply, accepted = only(drafts, "reply.created"), only(drafts, "answer.accepted")
    member = bundle.members[2].pk
    assert (reply.member_id, reply.actor_id, reply.counterpart_id) == (member, member, None)
    assert (accepted.member_id, accepted.actor_id, accepted.actor_role) == (member, None, "system")


def test_drafts_fit_the_catalogue(dump):
    drafts, _ = tell(dump)

    for draft in drafts:
        draft.as_event(datetime.now(UTC))
