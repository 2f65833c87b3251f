"""Building the unsaved models of a question with its answers and comments."""

from datetime import UTC, datetime

import pytest

from community.forum.models import Category, Post, Topic
from community.importers.services.builders.bundle import load_bundle
from community.importers.services.builders.people import former_member
from community.importers.services.builders.texts import texts_of
from community.importers.services.builders.threads import Thread, thread_of
from tests.factories.forum import CategoryFactory
from tests.importers.dumps import Dump
from tests.importers.staging_helpers import prepare

pytestmark = pytest.mark.django_db


def at(day: int, hour: int = 10) -> str:
    return f"2020-01-{day:02}T{hour:02}:00:00.000"


def thread(dump) -> Thread:
    bundle = load_bundle(prepare(dump), former_member(), after=0, size=10)
    category = CategoryFactory(kind=Category.Kind.QA)
    return thread_of(bundle.questions[0], bundle, texts_of(bundle), category)


@pytest.fixture
def asked(tmp_path) -> Dump:
    return Dump(tmp_path).user(1).user(2).question(10, CreationDate=at(2))


def order(made: Thread) -> list[tuple[int, str, int]]:
    return [(post.number, post.kind, row.key) for post, row in zip(made.posts, made.rows, strict=True)]


def test_thread_of_saves_nothing(dump):
    made = thread(dump)

    assert len(made.posts) == 4
    assert not Topic.objects.exists()
    assert not Post.objects.exists()


def test_thread_of_puts_posts_in_order_of_writing(asked):
    asked.answer(12, to=10, CreationDate=at(5)).answer(11, to=10, CreationDate=at(3))
    asked.add("comments", Id=1, PostId=11, CreationDate=at(4)).add(
        "comments", Id=2, PostId=10, CreationDate=at(6)
    )

    assert order(thread(asked)) == [
        (1, "opening", 10),
        (2, "answer", 11),
        (3, "comment", 1),
        (4, "answer", 12),
        (5, "comment", 2),
    ]


def test_thread_of_keeps_comments_after_their_post(asked):
    asked.answer(11, to=10, CreationDate=at(5)).add("comments", Id=1, PostId=11, CreationDate=at(3))

    made = thread(asked)

    assert [kind for _, kind, _ in order(made)] == ["opening", "answer", "comment"]
    assert made.posts[2].parent is made.posts[1]


def test_thread_of_puts_the_opening_first_regardless_of_time(asked):
    asked.answer(11, to=10, CreationDate=at(1))

    made = thread(asked)

    assert [kind for _, kind, _ in order(made)] == ["opening", "answer"]
    assert made.posts[1].created_at < made.posts[0].created_at


def test_thread_of_orders_equal_times_by_id(asked):
    for number in (13, 11, 12):
        asked.answer(number, to=10, CreationDate=at(3))

    assert [key for _, _, key in order(thread(asked))] == [10, 11, 12, 13]


def test_thread_of_counts_up_to_the_last_number(asked):
    asked.answer(11, to=10).add("comments", PostId=11)

    assert thread(asked).topic.last_number == 3


@pytest.mark.parametrize(
    ("title", "kept"),
    [("  Two\n words ", "Two words"), ("x" * 300, "x" * 255), ("A & B <i>", "A & B <i>")],
)
def test_thread_of_keeps_the_title_on_one_line(tmp_path, title, kept):
    dump = Dump(tmp_path).user(1).question(10, Title=title)

    assert thread(dump).topic.title == kept


def test_thread_of_a_title_without_letters_has_a_slug(tmp_path):
    topic = thread(Dump(tmp_path).user(1).question(10, Title="???")).topic

    assert topic.get_absolute_url().startswith("/")
    assert topic.slug


@pytest.mark.parametrize(("seen", "kept"), [(40, 40), (-3, 0), (None, 0)])
def test_thread_of_keeps_the_view_count(tmp_path, seen, kept):
    dump = Dump(tmp_path).user(1).question(10, ViewCount=seen)

    assert thread(dump).topic.view_count == kept


@pytest.mark.parametrize("score", [-7, 0, 12])
def test_thread_of_keeps_the_score(asked, score):
    asked.answer(11, to=10, Score=score)

    assert thread(asked).posts[1].score == score


@pytest.mark.parametrize(("written", "tags"), [("|b|a|", ["b", "a"]), ("<b><a>", ["b", "a"]), (None, [])])
def test_thread_of_reads_both_tag_formats(tmp_path, written, tags):
    assert thread(Dump(tmp_path).user(1).question(10, Tags=written)).tags == tags


@pytest.mark.parametrize(
    ("comment", "linked", "reason"),
    [
        ("101", False, "Duplicate"),
        ("103", False, "Needs details or clarity"),
        ("999", False, ""),
        ("999", True, "Duplicate"),
        (None, True, "Duplicate"),
    ],
)
def test_thread_of_keeps_the_close_reason(tmp_path, comment, linked, reason):
    dump = Dump(tmp_path).user(1).question(10, ClosedDate=at(9))
    if comment:
        dump.history(10, 10, "", Comment=comment, CreationDate=at(9))
    if linked:
        dump.add("links", PostId=10, RelatedPostId=20, LinkTypeId=3)

    topic = thread(dump).topic

    assert topic.closed_at == datetime(2020, 1, 9, 10, tzinfo=UTC)
    assert topic.close_reason == reason


def test_thread_of_takes_the_last_of_several_closings(tmp_path):
    dump = Dump(tmp_path).user(1).question(10, ClosedDate=at(9))
    dump.history(10, 10, "", Comment="102", CreationDate=at(5))
    dump.history(10, 10, "", Comment="105", CreationDate=at(9))

    assert thread(dump).topic.close_reason == "Opinion-based"


def test_thread_of_a_reopened_question_is_open(asked):
    asked.history(10, 10, "", Comment="101", CreationDate=at(5))

    topic = thread(asked).topic

    assert (topic.closed_at, topic.close_reason) == (None, "")


@pytest.mark.parametrize(("name", "byline"), [("Gone Girl", "Gone Girl"), (None, ""), ("x" * 99, "x" * 80)])
def test_thread_of_sets_bylines_for_former_members(asked, name, byline):
    asked.answer(11, to=10, OwnerUserId=None, OwnerDisplayName=name)
    asked.add("comments", PostId=11, UserId=None, UserDisplayName=name)

    _, answer, comment = thread(asked).posts

    assert (answer.byline, comment.byline) == (byline, byline)
    assert answer.author == comment.author == former_member()


def test_thread_of_sets_no_byline_for_members(asked):
    asked.answer(11, to=10, OwnerUserId=2, OwnerDisplayName="An old name")

    assert thread(asked).posts[1].byline == ""


def test_thread_of_marks_the_accepted_answer(tmp_path):
    dump = Dump(tmp_path).user(1).user(2).question(10, AcceptedAnswerId=12)
    dump.answer(11, to=10, OwnerUserId=2).answer(12, to=10, OwnerUserId=2)

    made = thread(dump)

    assert [post.is_accepted for post in made.posts] == [False, False, True]
    assert made.topic.is_solved
    assert made.question.accepted_answer is made.posts[2]
    assert made.question.accepted_by == made.topic.author


def test_thread_of_uses_the_last_acceptance(tmp_path):
    dump = Dump(tmp_path).user(1).question(10, AcceptedAnswerId=11).answer(11, to=10)
    for day in (4, 6, 5):
        dump.add("votes", PostId=11, VoteTypeId=1, CreationDate=f"2020-01-0{day}T00:00:00.000")
    dump.add("votes", PostId=11, VoteTypeId=2, CreationDate="2020-01-09T00:00:00.000")

    assert thread(dump).question.accepted_at == datetime(2020, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("accepted", [404, 10, 21])
def test_thread_of_accepts_only_its_own_answers(tmp_path, accepted):
    dump = Dump(tmp_path).user(1).question(10, AcceptedAnswerId=accepted).answer(11, to=10)
    dump.question(20).answer(21, to=20)

    made = thread(dump)

    assert (made.topic.is_solved, made.question.accepted_answer) == (False, None)


def test_thread_of_a_former_members_question_has_no_accepter(tmp_path):
    dump = Dump(tmp_path).user(2).question(10, OwnerUserId=None, AcceptedAnswerId=11)
    dump.answer(11, to=10, OwnerUserId=2)

    question = thread(dump).question

    assert question.accepted_answer is not None
    assert question.accepted_by is None


def test_thread_of_keeps_the_editor_of_each_revision(asked):
    asked.history(10, 1, "First title", RevisionGUID="a", CreationDate=at(2))
    asked.history(10, 2, "First words", RevisionGUID="a", CreationDate=at(2))
    asked.history(10, 5, "Second words", RevisionGUID="b", CreationDate=at(3), UserId=2, Comment="y" * 400)

    made = thread(asked)

    first, second = made.revisions
    assert (first.title, first.source, first.reason) == ("First title", "First words", "")
    assert (second.title, second.source, len(second.reason)) == ("First title", "Second words", 300)
    opening = made.posts[0]
    assert (opening.source, opening.revision_count) == ("Second words", 1)
    assert opening.edited_by == second.editor
    assert opening.edited_by.display_name == "User 2"


def test_thread_of_an_edit_by_a_former_member_has_no_editor(asked):
    asked.answer(11, to=10)
    asked.history(11, 2, "One", CreationDate=at(2)).history(11, 5, "Two", CreationDate=at(3), UserId=None)

    answer = thread(asked).posts[1]

    assert (answer.revision_count, answer.edited_by) == (1, None)
    assert answer.edited_at == datetime(2020, 1, 3, 10, tzinfo=UTC)


def test_thread_of_sets_titles_on_revisions_of_the_opening_only(asked):
    asked.answer(11, to=10)
    for kind, text, day in ((1, "A title", 2), (2, "One", 2), (5, "Two", 3)):
        asked.history(11, kind, text, CreationDate=at(day), RevisionGUID=f"day {day}")

    assert [revision.title for revision in thread(asked).revisions] == ["", ""]


def test_thread_of_counts_words_and_writes_an_excerpt(asked):
    asked.history(10, 2, "Some **hops** and [malt](https://x.example)." + " More." * 100)

    made = thread(asked)

    assert made.posts[0].word_count == 104
    assert made.topic.excerpt.startswith("Some hops and malt. More.")
    assert len(made.topic.excerpt) <= 280
