"""Saving threads in atomic batches, and resuming after the last saved batch."""

import pytest

from community.events.models import Event
from community.forum.models import Category, Post, Tag, Topic
from community.importers.models import ImportedRow, StagedRow
from community.importers.progress import NoProgress
from community.importers.services.builders import topics
from community.importers.services.builders.topics import build_topics
from community.qa.models import Question
from tests.factories.forum import CategoryFactory
from tests.importers.dumps import Dump
from tests.importers.staging_helpers import prepare

pytestmark = pytest.mark.django_db


@pytest.fixture
def category():
    return CategoryFactory(kind=Category.Kind.QA)


@pytest.fixture
def street(tmp_path) -> Dump:
    """Five questions, each with an answer."""
    dump = Dump(tmp_path).user(1)
    for number in range(1, 6):
        dump.question(number).answer(number + 10, to=number)
    return dump


def test_build_topics_saves_every_thread(dump, category, heard):
    build_topics(prepare(dump), category, heard)

    assert Topic.objects.filter(category=category).count() == Question.objects.count() == 2
    assert Post.objects.count() == 6
    assert (heard.started, heard.units) == ([("Questions", 2)], 2)


def test_build_topics_in_small_batches_has_the_same_result(street, category, monkeypatch):
    monkeypatch.setattr(topics, "BATCH_SIZE", 2)
    batch = prepare(street)

    build_topics(batch, category, NoProgress())

    assert Topic.objects.count() == 5
    assert Post.objects.count() == 10
    assert ImportedRow.objects.filter(kind="post").count() == 10


def test_build_topics_is_idempotent(street, category):
    batch = prepare(street)

    for _ in range(2):
        build_topics(batch, category, NoProgress())

    assert Topic.objects.count() == 5
    assert Event.objects.filter(name="question.asked").count() == 5


def test_build_topics_resumes_after_the_last_saved_batch(street, category, heard, monkeypatch):
    monkeypatch.setattr(topics, "BATCH_SIZE", 2)
    batch = prepare(street)
    save, saved = topics._save, []

    def once(threads, bundle):
        if saved:
            raise KeyboardInterrupt
        saved.append(len(threads))
        save(threads, bundle)

    monkeypatch.setattr(topics, "_save", once)
    with pytest.raises(KeyboardInterrupt):
        build_topics(batch, category, NoProgress())
    monkeypatch.setattr(topics, "_save", save)
    batch.refresh_from_db()

    build_topics(batch, category, heard)

    assert heard.started == [("Questions", 3)]
    assert Topic.objects.count() == 5


def test_build_topics_sets_the_counters(dump, category):
    build_topics(prepare(dump), category, NoProgress())

    topic = Topic.objects.get(title="Question 10?")
    assert (topic.answer_count, topic.reply_count, topic.is_solved) == (2, 2, True)
    assert topic.last_post_author.username == "former-member"


def test_build_topics_saves_the_mapping(dump, category):
    batch = prepare(dump)

    build_topics(batch, category, NoProgress())

    posts = ImportedRow.objects.filter(batch=batch, kind="post")
    comment = ImportedRow.objects.get(batch=batch, kind="comment")
    assert sorted(posts.values_list("source_id", flat=True)) == [10, 11, 12, 20, 21]
    assert (comment.source_id, Post.objects.get(pk=comment.target_id).kind) == (5, "comment")
    assert {row.licence for row in [*posts, comment]} == {"CC BY-SA 4.0"}


@pytest.mark.parametrize("licence", [None, "x" * 99])
def test_build_topics_keeps_the_licence_if_any(tmp_path, category, licence):
    dump = Dump(tmp_path).user(1).question(1, ContentLicense=licence)

    build_topics(prepare(dump), category, NoProgress())

    assert ImportedRow.objects.get(kind="post").licence == (licence or "")[:30]


def test_build_topics_tags_with_each_name_once(tmp_path, category):
    dump = Dump(tmp_path).user(1).question(1, Tags="<Hops><hops><malt>").question(2, Tags="<hops>")

    build_topics(prepare(dump), category, NoProgress())

    tags = {topic.title: sorted(topic.tags.values_list("name", flat=True)) for topic in Topic.objects.all()}
    assert tags == {"Question 1?": ["hops", "malt"], "Question 2?": ["hops"]}
    assert Tag.objects.count() == 2


@pytest.mark.parametrize("written", ["", "<!!!>", "<>"])
def test_build_topics_without_usable_tags_has_none(tmp_path, category, written):
    build_topics(prepare(Dump(tmp_path).user(1).question(1, Tags=written)), category, NoProgress())

    assert not Tag.objects.exists()
    assert Topic.objects.get().tags.count() == 0


def test_build_topics_of_a_dump_without_questions_does_nothing(tmp_path, category, heard):
    build_topics(prepare(Dump(tmp_path).user(1)), category, heard)

    assert not Topic.objects.exists()
    assert heard.started == [("Questions", 0)]


def test_build_topics_uses_the_assigned_ids(dump, category):
    batch = prepare(dump)
    posts = set(batch_targets(batch, "posts")) | set(batch_targets(batch, "comments"))

    build_topics(batch, category, NoProgress())

    assert set(Post.objects.values_list("pk", flat=True)) == posts


def batch_targets(batch, file):
    rows = StagedRow.objects.filter(batch=batch, file=file, target_id__isnull=False)
    return rows.values_list("target_id", flat=True)


@pytest.mark.parametrize("answers", [1, 3])
def test_build_topics_costs_the_same_for_one_and_three_answers(
    tmp_path, category, django_assert_max_num_queries, answers
):
    dump = Dump(tmp_path).user(1).question(1)
    for number in range(answers):
        dump.answer(number + 10, to=1)
    batch = prepare(dump)

    with django_assert_max_num_queries(45):
        build_topics(batch, category, NoProgress())
