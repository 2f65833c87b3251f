"""Broken or malicious dumps: nothing is imported, and existing data stays."""

import pytest
from django.db import DataError

from community.events.models import Event
from community.forum.models import Post, Topic
from community.importers.models import StagedRow
from community.importers.services.builders import topics as builder
from community.importers.services.staging import find_dump
from community.importers.stackexchange.reader import DumpError
from community.members.models import Member
from tests.importers.conftest import skipped
from tests.importers.dumps import Dump

pytestmark = pytest.mark.django_db


def test_import_of_a_truncated_file_builds_nothing(dump, imported):
    folder = dump.write()
    whole = (folder / "Votes.xml").read_text()
    (folder / "Votes.xml").write_text(whole[:-30])

    with pytest.raises(DumpError, match=r"Votes\.xml"):
        imported(folder)

    assert not Topic.objects.exists()
    assert not Event.objects.exists()


def test_import_starts_over_once_the_file_is_complete(dump, imported):
    folder = dump.write()
    whole = (folder / "Votes.xml").read_text()
    (folder / "Votes.xml").write_text(whole[:-30])
    with pytest.raises(DumpError):
        imported(folder)
    (folder / "Votes.xml").write_text(whole)

    batch = imported(folder)

    assert Topic.objects.count() == 2
    assert batch.report["tables"][0]["read"] == 3


def test_import_refuses_an_entity_bomb(dump, imported):
    folder = dump.write()
    bomb = "<!DOCTYPE users [" + "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(12)
    )
    (folder / "Users.xml").write_text(f'{bomb}]><users><row Id="1" DisplayName="&e11;" /></users>')

    with pytest.raises(DumpError, match="entity bomb"):
        imported(folder)

    assert not StagedRow.objects.exists()


def test_import_skips_rows_of_wrong_types(dump, imported):
    dump.question("many").question(70, Score="lots").question(71, CreationDate="yesterday")
    dump.question(72, Tags=None, ViewCount=-5, Body=None)

    batch = imported(dump)

    assert skipped(batch, "Posts.xml") == {
        "CreationDate is not a time": 1,
        "Id is not a usable number": 1,
        "Score is not a usable number": 1,
    }
    assert Topic.objects.get(title="Question 72?").view_count == 0


def test_import_ignores_privileges_in_rows(dump, imported):
    dump.user(9, DisplayName="Mallory", IsStaff="True", is_superuser="1", Email="m@example.com", Password="x")

    imported(dump)

    mallory = Member.objects.get(display_name="Mallory")
    assert (mallory.is_staff, mallory.is_superuser, mallory.email, mallory.role) == (False, False, None, "")


def test_import_sanitizes_markup(tmp_path, imported):
    dump = Dump(tmp_path).user(
        1, DisplayName="<script>x</script>", AboutMe="<script>alert(1)</script><p>Hi</p>"
    )
    dump.user(2, WebsiteUrl="javascript:alert(1)")
    dump.question(1, Title="<img src=x onerror=alert(1)>")
    dump.history(1, 2, '<script>alert(1)</script> [x](javascript:alert(1)) <a href="x" onclick="y">z</a>')

    imported(dump)

    html = Post.objects.get().html
    assert "<script" not in html
    assert "onclick" not in html
    assert 'href="javascript:' not in html
    assert "<script" not in Member.objects.get(display_name="<script>x</script>").bio_html
    assert Member.objects.get(display_name="User 2").website == ""


@pytest.mark.parametrize(
    "text", ["\u202etxet", "\ufdd0", "a\u0000b".replace("\u0000", "&#0;"), "💥" * 1000, "`" * 5000]
)
def test_import_keeps_odd_characters(tmp_path, imported, text):
    dump = Dump(tmp_path).user(1, DisplayName=text[:30]).question(1, Title=text[:100] + "?")
    dump.history(1, 2, text)

    imported(dump)

    assert Post.objects.get().source.strip() == text.strip()


HOSTILE = [
    "<![>",
    "a <![x] b",
    "<!--",
    "<?php",
    "<a href='http://[::1'>x</a> [y](http://[::1) //[",
    "<b>" * 2_000,
    "> " * 5_000 + "x",
    "$" * 5_000 + "\\(" * 500,
    "\u0000\ud7ff\ufffe\uffff\u2028",
    "| a |\n|" + "-|" * 3_000,
    "[a]: x\n" * 3_000,
    " ".join(chr(0x20000 + number) * 2 for number in range(9_000)),
]


def test_no_text_ends_an_import(tmp_path, imported):
    dump = Dump(tmp_path).user(1)
    for number, text in enumerate(HOSTILE, start=1):
        dump.user(
            100 + number, DisplayName=text[:60], AboutMe=text, Location=text[:300], WebsiteUrl=text[:300]
        )
        dump.question(number, Body=text, Title=text[:300], Tags=text[:60])
        dump.answer(1000 + number, to=number, Body=text).history(1000 + number, 2, text)
        dump.add("comments", PostId=number, Text=text)
        dump.add("tags", TagName=text[:40], ExcerptPostId=2000 + number)
        dump.add("posts", Id=2000 + number, PostTypeId=4, Body=text)
        dump.add("badges", UserId=1, Name=text[:80])

    batch = imported(dump)

    assert Topic.objects.count() == len(HOSTILE)
    assert all(
        table["read"] == table["imported"]
        for table in batch.report["tables"][:-2]
        if table["file"] != "Tags.xml"
    )


def test_a_question_that_cannot_be_stored_is_skipped_with_all_that_belongs_to_it(dump, imported, monkeypatch):
    save = builder._save

    def refuse(threads, bundle):
        if any("10" in thread.topic.title for thread in threads):
            raise DataError("too long")
        save(threads, bundle)

    monkeypatch.setattr(builder, "_save", refuse)

    batch = imported(dump)

    assert list(Topic.objects.values_list("title", flat=True)) == ["Question 20?"]
    assert skipped(batch, "Posts.xml") == {"cannot be stored: DataError": 3}
    assert skipped(batch, "Comments.xml") == {"cannot be stored: DataError": 1}
    assert batch.report["remarks"][-1] == (
        "Rows skipped with their answers and comments (DataError): 1. posts 10"
    )


def test_import_handles_a_question_that_answers_itself(tmp_path, imported):
    dump = Dump(tmp_path).user(1).question(1, AcceptedAnswerId=1, ParentId=1).answer(2, to=2).answer(3, to=4)
    dump.answer(4, to=3)

    batch = imported(dump)

    assert Post.objects.count() == 1
    assert skipped(batch, "Posts.xml") == {"its question is not in the dump": 3}


def test_find_dump_searches_one_level_deep(dump):
    folder = dump.write()

    assert find_dump(folder) == find_dump(folder.parent) == folder


def test_folders_named_like_files_are_not_read(dump, imported):
    folder = dump.write()
    for name in ("Votes.xml", "PostLinks.xml", "PostHistory.xml"):
        (folder / name).unlink()
        (folder / name).mkdir()

    batch = imported(folder)

    assert batch.report["remarks"][:3] == [
        "PostHistory.xml is missing.",
        "Votes.xml is missing.",
        "PostLinks.xml is missing.",
    ]


def test_find_dump_names_missing_files(tmp_path):
    with pytest.raises(DumpError, match=r"There is no dump in .* must contain Posts.xml and Users.xml"):
        find_dump(tmp_path)


def test_find_dump_does_not_choose_between_two(tmp_path):
    Dump(tmp_path / "one").write()
    Dump(tmp_path / "two").write()

    with pytest.raises(DumpError, match="Choose one of one, two"):
        find_dump(tmp_path)
