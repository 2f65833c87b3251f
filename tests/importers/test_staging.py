"""Staging resumes where it stopped, and skip rules apply once."""

import pytest

from community.importers.models import ImportBatch, StagedRow
from community.importers.progress import NoProgress
from community.importers.services import imports, staging
from community.importers.services.imports import open_batch
from community.importers.services.skip_rules import apply_skip_rules
from community.importers.services.staging import assign_ids, fingerprint, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(dump) -> ImportBatch:
    return open_batch(dump.write(), name="village", site="beer.example.com")


def staged(file: str) -> list[StagedRow]:
    return list(StagedRow.objects.filter(file=file).order_by("ordinal"))


def test_stage_keeps_every_row_in_order(dump, batch):
    stage(batch, dump.folder, NoProgress())

    assert [(row.ordinal, row.source_id) for row in staged("users")] == [(1, 1), (2, 2), (3, 3)]
    assert [row.parent_id for row in staged("votes")] == [10, 10, 11, 11, 21]
    assert batch.progress["read:users"] == 3
    assert batch.progress["read:users:complete"]


def test_stage_is_idempotent(dump, batch):
    for _ in range(2):
        stage(batch, dump.folder, NoProgress())

    assert len(staged("users")) == 3


def test_stage_resumes_after_the_last_saved_row(dump, batch, monkeypatch):
    monkeypatch.setattr(staging, "ROWS_PER_BATCH", 2)
    stage(batch, dump.folder, NoProgress())
    StagedRow.objects.filter(file="votes", ordinal__gt=2).delete()
    batch.progress |= {"read:votes": 2}
    del batch.progress["read:votes:complete"]

    stage(batch, dump.folder, NoProgress())

    assert [row.ordinal for row in staged("votes")] == [1, 2, 3, 4, 5]


def test_stage_limits_batches_by_size_and_rows(dump, batch, monkeypatch):
    monkeypatch.setattr(staging, "BYTES_PER_BATCH", 1)

    stage(batch, dump.folder, NoProgress())

    assert len(staged("posts")) == 6


def test_stage_keeps_unusable_rows_with_their_reason(dump, batch):
    dump.user("x").write()

    stage(batch, dump.folder, NoProgress())

    last = staged("users")[-1]
    assert (last.source_id, last.skip, last.data) == (None, "Id is not a usable number", {})


def test_apply_skip_rules_is_idempotent(dump, batch):
    dump.add("votes", PostId=999, VoteTypeId=2).write()
    stage(batch, dump.folder, NoProgress())
    apply_skip_rules(batch, NoProgress())
    before = list(StagedRow.objects.order_by("pk").values())

    batch.progress.pop("judged")
    apply_skip_rules(batch, NoProgress())

    assert list(StagedRow.objects.order_by("pk").values()) == before


def test_assign_ids_is_idempotent(dump, batch):
    stage(batch, dump.folder, NoProgress())
    apply_skip_rules(batch, NoProgress())
    assign_ids(batch)
    before = {row.pk: (row.target_id, row.topic_id) for row in StagedRow.objects.all()}

    batch.progress.pop("numbered")
    assign_ids(batch)

    assert {row.pk: (row.target_id, row.topic_id) for row in StagedRow.objects.all()} == before


def test_assign_ids_gives_answers_the_topic_of_their_question(dump, batch):
    stage(batch, dump.folder, NoProgress())
    apply_skip_rules(batch, NoProgress())
    assign_ids(batch)

    posts = {row.source_id: row for row in staged("posts")}
    assert posts[11].topic_id == posts[12].topic_id == posts[10].topic_id
    assert posts[21].topic_id == posts[20].topic_id != posts[10].topic_id
    assert (posts[30].target_id, posts[30].topic_id) == (None, None)


def test_fingerprint_differs_between_dumps(dump):
    folder = dump.write()
    before = fingerprint(folder)

    assert fingerprint(folder) == before
    dump.user(9).write()
    assert fingerprint(folder) != before


def test_staged_rows_without_id_or_time_raise(batch):
    row = StagedRow(batch=batch, file="tags", ordinal=3, data={})

    with pytest.raises(ValueError, match="tags row 3 has no id"):
        _ = row.key
    with pytest.raises(ValueError, match="tags row 3 has no time"):
        _ = row.at


def test_run_does_not_change_a_finished_batch(dump, imported):
    batch = imported(dump)
    finished = batch.finished_at

    imports.run(batch, dump.folder, category=None, progress=NoProgress())

    batch.refresh_from_db()
    assert batch.finished_at == finished
