"""Undoing an import restores the previous state, and deletes later posts only with `force`."""

from datetime import date

import pytest
from django.core.management import call_command
from django.utils import timezone

from community.badges.models import Award, Badge
from community.events.models import Event
from community.forum.models import Category, Post, Tag, Topic
from community.forum.services import posts, topics
from community.importers.models import ImportBatch, ImportedRow
from community.importers.services import imports
from community.members.models import Member
from journeys.models import MemberDay, MemberState, StageHistory
from journeys.reports.map_numbers import map_numbers
from journeys.reports.overview import stage_counts
from journeys.services.dirty import mark_events
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.importers.dumps import village
from tests.importers.test_imports import counts, member, topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def settled():
    """A community with members and topics before the import."""
    author = MemberFactory()
    category = CategoryFactory()
    topics.create(
        category, author=author, kind="discussion", title="Ours", source="Words.", tags=["hops"], screen=False
    )
    return author


def test_undo_keeps_what_existed_before(settled, dump, imported, undone):
    before = counts()

    batch = imported(dump)
    gone = undone(batch)

    assert counts() == before
    assert gone == {
        "events": 16,
        "topics": 2,
        "topic-tag relationships": 3,
        "questions": 2,
        "posts": 6,
        "members": 4,
        "awards": 2,
        "badges": 2,
        "tags": 1,
        "categories": 1,
    }
    batch.refresh_from_db()
    assert batch.status == ImportBatch.Status.UNDONE
    assert Tag.objects.get(name="hops").topic_count == 1


def test_undo_is_idempotent(dump, imported, undone):
    batch = imported(dump)
    undone(batch)

    assert undone(ImportBatch.objects.get()) == {}


def test_undo_lets_the_dump_be_imported_again(dump, imported, undone):
    first = imported(dump)
    before, report = counts(), first.report
    undone(first)

    second = imported(dump)

    assert counts() == before
    assert second.pk == first.pk
    assert second.report == report


def test_undo_is_seen_on_the_journey_map_at_once(dump, imported, undone, django_capture_on_commit_callbacks):
    batch = imported(dump)
    mark_events(Event.objects.all())
    call_command("journeys_drain")
    before = members_on_the_map()

    with django_capture_on_commit_callbacks(execute=True):
        undone(batch)

    assert (before, members_on_the_map()) == (3, 0)


def members_on_the_map():
    numbers = map_numbers(days=28, start=date(2000, 1, 1))
    return sum(count.members for count in stage_counts(numbers.sub_stages))


def test_undo_drops_computed_stages_and_scores(dump, imported, undone):
    batch = imported(dump)
    mark_events(Event.objects.all())
    call_command("journeys_drain")
    assert MemberState.objects.count() == 3

    undone(batch)
    call_command("journeys_drain")

    assert not MemberDay.objects.exists()
    assert not MemberState.objects.exists()
    assert not StageHistory.objects.exists()


def test_undo_is_refused_when_people_have_replied(settled, dump, imported, undone):
    batch = imported(dump)
    posts.create(topic(), author=settled, source="A new answer.", screen=False)

    with pytest.raises(imports.ImportRefused, match=r"Posts written in imported topics since then: 1\."):
        undone(batch)

    assert Topic.objects.filter(title="Question 10?").exists()
    assert ImportBatch.objects.get().status == ImportBatch.Status.DONE


def test_undo_by_force_deletes_replies_and_their_events(settled, dump, imported, undone):
    before = counts()
    batch = imported(dump)
    posts.create(topic(), author=settled, source="A new answer.", screen=False)

    undone(batch, force=True)

    assert counts() == before


def test_undo_keeps_claimed_members(dump, imported, undone):
    batch = imported(dump)
    Member.objects.filter(pk=member(1).pk).update(claimed_at=timezone.now(), email="ann@example.com")

    undone(batch)

    ann = Member.objects.get(email="ann@example.com")
    assert not Post.objects.filter(author=ann).exists()
    assert not Award.objects.filter(member=ann).exists()
    assert not Event.objects.filter(member=ann).exists()
    assert not Badge.objects.filter(source="imported").exists()


def test_import_after_undo_finds_remaining_members(dump, imported, undone):
    batch = imported(dump)
    Member.objects.filter(pk=member(1).pk).update(claimed_at=timezone.now())
    ann = member(1)
    undone(batch)

    imported(dump)

    assert member(1) == ann
    assert topic().author == ann


def test_undo_keeps_members_with_other_posts(settled, dump, imported, undone):
    batch = imported(dump)
    topics.create(
        CategoryFactory(),
        author=member(2),
        kind="discussion",
        title="Elsewhere",
        source="Words.",
        screen=False,
    )

    undone(batch)

    assert Topic.objects.get(title="Elsewhere").author.username == "bob"


def test_undo_keeps_a_category_that_is_used(settled, dump, imported, undone):
    batch = imported(dump)
    topics.create(
        Category.objects.get(pk=batch.category_id),
        author=settled,
        kind="question",
        title="New",
        source="Words.",
        screen=False,
    )

    undone(batch)

    assert Topic.objects.get(title="New").category.slug == "beer"


def test_undo_resumes_after_an_interruption(dump, imported, undone):
    batch = imported(dump)
    Topic.objects.get(title="Question 20?").delete()
    ImportBatch.objects.update(status=ImportBatch.Status.UNDOING)
    batch.refresh_from_db()

    undone(batch)

    assert not Topic.objects.exists()
    assert not ImportedRow.objects.exists()


def test_open_batch_refuses_while_being_undone(dump, imported):
    imported(dump)
    ImportBatch.objects.update(status=ImportBatch.Status.UNDOING)

    with pytest.raises(imports.ImportRefused, match="village is being undone"):
        imported(dump)


def test_undo_does_not_affect_other_imports(tmp_path, dump, imported, undone):
    imported(village(tmp_path / "other"), name="other", site="wine.example.com")
    before = counts()
    batch = imported(dump)

    undone(batch)

    assert counts() == before
