from dataclasses import dataclass
from datetime import UTC, datetime

from community.importers.stackexchange.history import tag_names, versions_of


@dataclass
class Entry:
    source_id: int
    data: dict
    created_at: datetime


def entry(id, kind, text="", *, minute=0, revision=None, user=1, comment=""):
    data = {"PostHistoryTypeId": kind, "Text": text, "UserId": user, "Comment": comment}
    if revision:
        data["RevisionGUID"] = revision
    return Entry(id, data, datetime(2020, 1, 1, 0, minute, tzinfo=UTC))


def test_versions_of_joins_rows_of_one_revision():
    versions = versions_of(
        [
            entry(1, 2, "Body", revision="a"),
            entry(2, 1, "Title", revision="a"),
            entry(3, 3, "<x><y>", revision="a"),
        ]
    )

    assert [(v.title, v.body, v.tags) for v in versions] == [("Title", "Body", "x,y")]


def test_versions_of_carries_over_unchanged_parts():
    versions = versions_of(
        [
            entry(1, 2, "Body", revision="a"),
            entry(2, 1, "Title", revision="a"),
            entry(3, 4, "Better title", minute=5, revision="b", user=2, comment="clearer"),
        ]
    )

    assert [(v.title, v.body, v.editor, v.reason) for v in versions] == [
        ("Title", "Body", 1, ""),
        ("Better title", "Body", 2, "clearer"),
    ]


def test_versions_of_treats_rollbacks_as_edits():
    versions = versions_of(
        [
            entry(1, 2, "One"),
            entry(2, 5, "Two", minute=1),
            entry(3, 8, "One", minute=2, comment="rolled back"),
        ]
    )

    assert [v.body for v in versions] == ["One", "Two", "One"]


def test_versions_of_orders_by_time():
    versions = versions_of([entry(9, 5, "Later", minute=9), entry(10, 2, "First", minute=1)])

    assert [v.body for v in versions] == ["First", "Later"]


def test_versions_of_handles_interleaved_revisions():
    versions = versions_of(
        [
            entry(1, 2, "Body", revision="a"),
            entry(2, 5, "Edited", revision="b"),
            entry(3, 1, "Title", revision="a"),
        ]
    )

    assert [(v.title, v.body) for v in versions] == [("Title", "Body"), ("Title", "Edited")]


def test_versions_of_ignores_other_history():
    assert versions_of([entry(1, 10, "{}"), entry(2, 50)]) == []


def test_versions_of_has_no_body_until_there_is_one():
    assert [v.body for v in versions_of([entry(1, 1, "Title")])] == [None]


def test_tag_names_reads_both_forms():
    assert tag_names("<a><b-c>") == tag_names("|a|b-c|") == ["a", "b-c"]
    assert tag_names("") == []
