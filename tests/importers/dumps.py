"""Small dumps for tests, in the format of the real ones."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

from community.importers.stackexchange.tables import TABLES

FILES = {table.name: table for table in TABLES}


class Dump:
    """Builder for a dump: `dump.add("users", Id=1, …)` adds a row with the defaults below."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, list[dict[str, object]]] = {name: [] for name in FILES}

    def add(self, table: str, **attributes: object) -> "Dump":
        row = {"Id": len(self.rows[table]) + 1, **DEFAULTS[table], **attributes}
        self.rows[table].append({name: value for name, value in row.items() if value is not None})
        return self

    def user(self, id: int, **attributes: object) -> "Dump":
        return self.add("users", Id=id, **{"DisplayName": f"User {id}", **attributes})

    def question(self, id: int, **attributes: object) -> "Dump":
        return self.add(
            "posts", Id=id, PostTypeId=1, **{"Title": f"Question {id}?", "Tags": "<hops>", **attributes}
        )

    def answer(self, id: int, to: int, **attributes: object) -> "Dump":
        return self.add("posts", Id=id, PostTypeId=2, ParentId=to, **attributes)

    def history(self, post: int, kind: int, text: str, **attributes: object) -> "Dump":
        return self.add("history", PostId=post, PostHistoryTypeId=kind, Text=text, **attributes)

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, table in FILES.items():
            lines = "".join(f"  <row {attributes(row)} />\n" for row in self.rows[name])
            text = f'\ufeff<?xml version="1.0" encoding="utf-8"?>\n<{table.root}>\n{lines}</{table.root}>'
            (self.folder / table.file).write_text(text, encoding="utf-8")
        return self.folder


def attributes(row: dict[str, object]) -> str:
    return " ".join(f"{name}={quoteattr(str(value))}" for name, value in row.items())


DEFAULTS: dict[str, dict[str, object]] = {
    "users": {"CreationDate": "2020-01-01T00:00:00.000"},
    "tags": {},
    "badges": {"UserId": 1, "Name": "Teacher", "Date": "2020-01-05T00:00:00.000", "Class": 3},
    "posts": {
        "CreationDate": "2020-01-02T10:00:00.000",
        "Score": 0,
        "OwnerUserId": 1,
        "Body": "<p>Words.</p>",
        "ContentLicense": "CC BY-SA 4.0",
    },
    "comments": {
        "CreationDate": "2020-01-03T10:00:00.000",
        "Score": 0,
        "UserId": 1,
        "Text": "A remark.",
        "ContentLicense": "CC BY-SA 4.0",
    },
    "history": {"CreationDate": "2020-01-02T10:00:00.000", "UserId": 1},
    "votes": {"CreationDate": "2020-01-02T00:00:00.000"},
    "links": {"CreationDate": "2020-01-02T10:00:00.000"},
}


def village(folder: Path) -> Dump:
    """Three users, two questions, three answers: the smallest dump with every kind of row."""
    dump = Dump(folder)
    dump.user(1, DisplayName="Ann", AboutMe="<p>I <b>brew</b>.</p>", WebsiteUrl="https://ann.example")
    dump.user(2, DisplayName="Bob").user(3, DisplayName="Bob", CreationDate="2020-01-01T12:00:00.000")
    dump.question(
        10,
        AcceptedAnswerId=11,
        Score=2,
        ViewCount=40,
        Tags="<hops><dry-hopping>",
        Body="<p>What are <em>hops</em>?</p>",
    )
    dump.answer(11, to=10, OwnerUserId=2, Score=1, CreationDate="2020-01-02T11:00:00.000")
    dump.answer(
        12, to=10, OwnerUserId=None, OwnerDisplayName="Gone Girl", CreationDate="2020-01-04T11:00:00.000"
    )
    dump.question(
        20, OwnerUserId=3, ClosedDate="2020-01-09T00:00:00.000", CreationDate="2020-01-08T10:00:00.000"
    )
    dump.answer(21, to=20, OwnerUserId=1, Score=-1, CreationDate="2020-01-08T11:00:00.000")
    dump.add("posts", Id=30, PostTypeId=4, Body="<p>About hops.</p>")
    dump.add("tags", TagName="hops", Count=2, ExcerptPostId=30).add("tags", TagName="dry-hopping", Count=1)
    dump.add("comments", Id=5, PostId=11, UserId=1, Text="Thanks @Bob!", Score=3)
    dump.add("badges", UserId=2, Name="Teacher", Class=3).add(
        "badges", UserId=1, Name="Great Question", Class=1
    )
    for kind, post in ((2, 10), (2, 10), (2, 11), (1, 11), (3, 21)):
        dump.add("votes", PostId=post, VoteTypeId=kind)
    dump.add("links", PostId=20, RelatedPostId=10, LinkTypeId=3)
    for kind, text in ((2, "What are *hops*?"), (1, "Question 10?"), (3, "<hops><dry-hopping>")):
        dump.history(10, kind, text, RevisionGUID="first")
    dump.history(20, 10, "", Comment="101", CreationDate="2020-01-09T00:00:00.000")
    return dump
