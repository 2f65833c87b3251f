"""Bundles of questions with all the rows that belong to them."""

import pytest

from community.importers.models import StagedRow
from community.importers.services.builders.bundle import load_bundle
from community.importers.services.builders.people import former_member
from community.members.models import Member
from tests.importers.dumps import Dump
from tests.importers.staging_helpers import prepare

pytestmark = pytest.mark.django_db


def load(dump, *, after=0, size=10):
    return load_bundle(prepare(dump), former_member(), after=after, size=size)


def keys(rows):
    return {parent: [row.key for row in below] for parent, below in rows.items()}


def test_load_bundle_loads_everything_of_each_question(dump):
    bundle = load(dump)

    assert [row.key for row in bundle.questions] == [10, 20]
    assert keys(bundle.answers) == {10: [11, 12], 20: [21]}
    assert keys(bundle.comments) == {11: [5]}
    assert {post: len(rows) for post, rows in bundle.votes.items()} == {10: 2, 11: 2, 21: 1}
    assert keys(bundle.links) == {20: [1]}


def test_load_bundle_loads_only_the_next_questions(dump):
    first = load(dump, size=1)

    then = load_bundle(first.batch, first.former_member, after=first.questions[-1].ordinal, size=1)

    assert [row.key for row in first.questions] == [10]
    assert [row.key for row in then.questions] == [20]
    assert keys(then.answers) == {20: [21]}
    assert then.comments == {}


def test_load_bundle_after_the_last_question_is_empty(dump):
    bundle = load(dump, after=1_000_000)

    assert (bundle.questions, bundle.answers, bundle.comments) == ([], {}, {})


def test_load_bundle_excludes_skipped_rows(dump):
    dump.add("comments", Id=6, PostId=11, Text="   ")
    dump.add("votes", PostId=11, VoteTypeId=5)
    dump.question(40, Title="")

    bundle = load(dump)

    assert [row.key for row in bundle.questions] == [10, 20]
    assert keys(bundle.comments) == {11: [5]}
    assert {vote.data["VoteTypeId"] for vote in bundle.votes[11]} == {1, 2}


def test_load_bundle_keeps_comments_in_the_order_of_the_file(tmp_path):
    dump = Dump(tmp_path).user(1).question(10)
    for number in (9, 3, 7):
        dump.add("comments", Id=number, PostId=10)

    assert keys(load(dump).comments) == {10: [9, 3, 7]}


def test_load_bundle_reads_the_versions_of_each_post(dump):
    bundle = load(dump)

    (version,) = bundle.versions[10]
    assert (version.title, version.tags, version.body) == (
        "Question 10?",
        "hops,dry-hopping",
        "What are *hops*?",
    )
    assert bundle.versions[20] == []
    assert 11 not in bundle.versions


def test_author_of_is_the_member_or_the_former_member(dump):
    bundle = load(dump)

    assert bundle.author_of(2).display_name == "Bob"
    assert bundle.author_of(None) == bundle.former_member
    assert bundle.author_of(404) == bundle.former_member


def test_member_of_is_none_for_former_members(dump):
    bundle = load(dump)

    assert bundle.member_of(2).display_name == "Bob"
    assert bundle.member_of(None) is None
    assert bundle.member_of(404) is None


def test_load_bundle_loads_authors_editors_and_commenters(tmp_path):
    dump = Dump(tmp_path)
    for number in range(1, 8):
        dump.user(number)
    dump.question(10, OwnerUserId=1, LastEditorUserId=2).answer(11, to=10, OwnerUserId=3)
    dump.add("comments", PostId=11, UserId=4)
    dump.history(11, 5, "Better words.", UserId=5)
    dump.question(20, OwnerUserId=6)

    bundle = load(dump, size=1)

    assert set(bundle.members) == {1, 2, 3, 4, 5}
    assert bundle.names[4] == "User 4"


def test_load_bundle_tolerates_deleted_members(dump):
    batch = prepare(dump)
    staged = StagedRow.objects.get(file="users", source_id=2)
    Member.objects.filter(pk=staged.target_id).delete()

    bundle = load_bundle(batch, former_member(), after=0, size=10)

    assert bundle.author_of(2) == bundle.former_member


def test_load_bundle_ignores_other_batches(tmp_path, dump):
    prepare(Dump(tmp_path / "town").user(1).question(10, Title="Of the town?"), name="town", members=False)

    bundle = load(dump)

    assert [row.data["Title"] for row in bundle.questions] == ["Question 10?", "Question 20?"]


@pytest.mark.parametrize("questions", [1, 3])
def test_load_bundle_costs_the_same_for_one_and_three(tmp_path, django_assert_num_queries, questions):
    dump = Dump(tmp_path).user(1)
    for number in range(questions):
        dump.question(10 + number).answer(20 + number, to=10 + number)
        dump.add("comments", Id=30 + number, PostId=20 + number)
    batch, everybody_else = prepare(dump), former_member()

    with django_assert_num_queries(8):
        load_bundle(batch, everybody_else, after=0, size=10)
