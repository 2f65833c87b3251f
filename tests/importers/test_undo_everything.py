"""An undo leaves nothing of the import behind, whatever followed from it and whoever uses the site in the meantime."""

import subprocess
import sys
from pathlib import Path

import pytest

from community.badges.models import Badge
from community.badges.services import awards
from community.events.models import Event
from community.events.registry import all_followers
from community.events.services import cursors
from community.forum.models import Post, Topic
from community.forum.services import likes, posts, read_states, topics
from community.importers.models import ImportBatch
from community.importers.progress import NoProgress
from community.importers.services import imports, rollback
from community.members.models import Member
from community.moderation.services import flags, post_actions, sanctions
from community.notifications.models import Notification
from community.notifications.services import notify
from community.qa import services as qa
from community.runtime.embedded import BASE_DIR
from journeys import tasks
from journeys.models import Dirty, StageHistory
from journeys.services import replay
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.importers.database import rows_of_all_tables
from tests.importers.test_imports import member, post, topic
from tests.support import eventually


@pytest.fixture
def neighbour(db, no_screeners, drained):
    """A member who wrote here before the import, with everything computed."""
    author = MemberFactory()
    topics.create(
        CategoryFactory(),
        author=author,
        kind="discussion",
        title="Ours",
        source="Words.",
        tags=["hops"],
        screen=False,
    )
    drained()
    return author


def use_everything(neighbour: Member, moderator: Member) -> None:
    """Let members do everything they can with imported posts and members, except post."""
    read_states.mark_read(topic(), member=neighbour, number=3)
    likes.add(post(11), member=neighbour)
    qa.vote(post(10), member=neighbour, value=1)
    flags.add(post(12), actor=neighbour, reason="spam")
    post_actions.hide(post(21), actor=moderator, reason="Off-topic.")
    sanctions.impose(member(2), actor=moderator, kind="warning", rule="rude", reason="Rude.")
    awards.give_badge(
        Badge.objects.exclude(source="imported").first(),
        member=member(3),
        actor=moderator,
        reason="Thanks.",
        post=post(20),
    )
    notify(neighbour, kind=Notification.Kind.REPLY, subject=post(11), actor=member(2), key="x")


def test_undo_leaves_every_table_as_it_was(neighbour, moderator, dump, imported, undone, drained):
    drained()
    before = rows_of_all_tables()
    batch = imported(dump)
    drained()
    use_everything(neighbour, moderator)
    drained()

    deleted = undone(batch)
    drained()

    assert rows_of_all_tables() == before
    assert {
        what: deleted[what] for what in ("topics", "posts", "members", "likes", "flags", "sanctions")
    } == {
        "topics": 2,
        "posts": 6,
        "members": 4,
        "likes": 1,
        "flags": 1,
        "sanctions": 1,
    }
    assert replay.check_everyone().differences == []


def test_undo_deletes_posts_that_were_moved_elsewhere(neighbour, moderator, dump, imported, undone):
    batch = imported(dump)
    ours = Topic.objects.get(title="Ours")
    topics.merge(topic("Question 20?"), into=ours, actor=moderator)
    options = {"category": ours.category, "kind": "discussion", "actor": moderator}
    topics.split(topic(), [post(12)], title="Split off", **options)

    undone(batch)

    assert list(Topic.objects.values_list("title", "reply_count")) == [("Ours", 0)]
    assert list(Post.objects.values_list("topic__title", "number")) == [("Ours", 1)]
    assert set(Member.objects.all()) == {neighbour, moderator}


def test_undo_finishes_in_a_second_run_what_people_wrote_meanwhile(neighbour, dump, imported):
    batch = imported(dump)

    class Replying(NoProgress):
        def start(self, what, total):
            if what == "Topics":
                posts.create(topic(), author=neighbour, source="A new answer.", screen=False)

    with pytest.raises(imports.ImportRefused, match=r"Posts written in imported topics since then: 1\."):
        rollback.undo(batch, force=False, progress=Replying())
    rollback.undo(batch, force=True, progress=NoProgress())

    assert not Event.objects.filter(member=neighbour, name="reply.created").exists()
    assert Topic.objects.count() == 1


@pytest.mark.parametrize("step", ["Topics", "Members"])
def test_undo_counts_the_rows_of_all_its_runs(dump, imported, undone, monkeypatch, step):
    monkeypatch.setattr(rollback, "BATCH_SIZE", 1)
    whole = undone(imported(dump))
    batch = imported(dump)

    class Stopped(Exception):
        pass

    class Stopping(NoProgress):
        def start(self, what, total):
            self.what = what

        def advance(self, units):
            if self.what == step:
                raise Stopped

    with pytest.raises(Stopped):
        rollback.undo(batch, force=False, progress=Stopping())

    assert undone(ImportBatch.objects.get()) == whole


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_workers_drain_while_a_town_is_imported_and_undone(town, process_environment, celery_worker):
    neighbour = MemberFactory()
    topics.create(
        CategoryFactory(),
        author=neighbour,
        kind="discussion",
        title="Ours",
        source="Words.",
        tags=["hops"],
        screen=False,
    )
    eventually(_nothing_is_left_to_do, seconds=60)
    before = rows_of_all_tables()
    _import(town)
    tasks.wake.delay()
    eventually(StageHistory.objects.filter(member__username__startswith="user-").exists, seconds=60)

    _kill_undo_after_the_topics(process_environment)
    assert ImportBatch.objects.get().status == ImportBatch.Status.UNDOING
    deleted = rollback.undo(ImportBatch.objects.get(), force=False, progress=NoProgress())
    eventually(_nothing_is_left_to_do, seconds=60)

    assert (deleted["topics"], deleted["posts"], deleted["members"]) == (120, 360, 521)
    assert rows_of_all_tables() == before
    assert replay.check_everyone().differences == []


def _nothing_is_left_to_do() -> bool:
    return not Dirty.objects.exists() and not any(map(cursors.is_behind, all_followers()))


def _import(folder: Path) -> None:
    batch = imports.open_batch(folder, name="town", site="town.example")
    imports.run(batch, folder, category=None, progress=NoProgress())


def _kill_undo_after_the_topics(environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "import_undo", "town"]
    with subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: Topic.objects.count() < 100, seconds=90)
        finally:
            process.kill()
