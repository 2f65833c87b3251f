import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from community.forum.models import Category, Topic
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.importers.test_imports import counts

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def test_import_stackexchange_prints_the_reconciliation(dump):
    out = run("import_stackexchange", dump.write(), "--site", "beer.example.com")

    assert "village: from beer.example.com" in out
    assert "Users.xml                3 read =         3 imported +       0 skipped" in out
    assert out.endswith("Done. To undo this import, run `manage.py import_undo village`.\n")


def test_import_stackexchange_names_the_batch(dump):
    run("import_stackexchange", dump.write(), "--batch", "beer-2020")

    assert ImportBatch.objects.get().event_source == "import:beer-2020"


def test_import_stackexchange_takes_a_category(dump):
    CategoryFactory(slug="pub")

    run("import_stackexchange", dump.write(), "--category", "pub")

    assert set(Topic.objects.values_list("category__slug", flat=True)) == {"pub"}


def test_import_stackexchange_refuses_an_unknown_category(dump):
    with pytest.raises(CommandError, match=r"There is no category with the slug pub\."):
        run("import_stackexchange", dump.write(), "--category", "pub")


def test_import_stackexchange_refuses_an_empty_folder(tmp_path):
    with pytest.raises(CommandError, match="There is no dump in"):
        run("import_stackexchange", tmp_path)


def test_import_stackexchange_reports_the_broken_line(dump):
    folder = dump.write()
    (folder / "Posts.xml").write_text("<posts>\n<row")

    with pytest.raises(CommandError, match=r"Posts\.xml, line 2: unclosed token"):
        run("import_stackexchange", folder)


def test_dry_run_counts_and_writes_nothing(dump):
    MemberFactory(username="ann")
    before = counts()

    out = run("import_stackexchange", dump.write(), "--dry-run")

    assert "Users.xml                3 read =         3 would be imported +       0 skipped" in out
    assert "Note: Usernames that are already taken here (imported ones get a number): 1." in out
    assert "Note: Display names shared by several users" in out
    assert counts() == before
    assert not StagedRow.objects.exists()
    assert not ImportBatch.objects.exists()


def test_dry_run_consumes_no_ids(dump):
    folder = dump.write()
    before = _last_ids()

    run("import_stackexchange", folder, "--dry-run")

    assert _last_ids() == before


def test_dry_run_matches_the_import(dump, imported):
    folder = dump.write()

    said = run("import_stackexchange", folder, "--dry-run", "--site", "beer.example.com")
    batch = imported(folder)

    for table in batch.report["tables"]:
        assert (
            f"{table['file']:<16} {table['read']:>9,} read = {table['imported']:>9,} would be imported"
            in said
        )


def test_dry_run_after_an_import_skips_everything(dump, imported):
    folder = dump.write()
    imported(folder)

    said = run("import_stackexchange", folder, "--dry-run", "--site", "beer.example.com")

    assert "3 imported earlier" in said
    assert ImportedRow.objects.filter(kind="user").count() == 3


def test_dry_run_cleans_up_after_a_broken_file(dump):
    folder = dump.write()
    (folder / "Votes.xml").write_text("<votes>")

    with pytest.raises(CommandError):
        run("import_stackexchange", folder, "--dry-run")

    assert not StagedRow.objects.exists()


def test_import_undo_prints_what_it_deleted(dump, imported):
    imported(dump)

    out = run("import_undo", "village")

    assert "village: removed\n       16 events\n        6 posts\n        4 members\n" in out
    assert not Category.objects.exists()


def test_import_undo_twice_prints_a_message(dump, imported):
    imported(dump)
    run("import_undo", "village")

    assert run("import_undo", "village") == "village has already been undone.\n"


def test_import_undo_lists_existing_imports(dump, imported):
    imported(dump)

    with pytest.raises(CommandError, match=r"There is no import called pub\. Imports: village\."):
        run("import_undo", "pub")


def _last_ids() -> list[int | None]:
    names = ("forum_post_id_seq", "forum_topic_id_seq", "members_member_id_seq", "importers_stagedrow_id_seq")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT last_value FROM pg_sequences WHERE sequencename = ANY(%s) ORDER BY 1", [list(names)]
        )
        return [row[0] for row in cursor.fetchall()]
