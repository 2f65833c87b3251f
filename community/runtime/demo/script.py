"""Parse the demo's conversations: Markdown files with a header line per post.

    ## Title of a topic
    hannah | 171 | question | tags uno, grind | views 1240 | up 9

    What she wrote.

    --- walter +25m accepted up 14 like 6
    His answer, 25 minutes later.

The number is days ago; a reply's time is relative to the previous post. A topic can be `pinned` or `held` (screened
like any new member's first post), a reply `accepted`, `official`, `settled` at the desk, and flagged:
`flag spam by a,b`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_REPLY = re.compile(r"^--- (?P<author>\w+) \+(?P<number>\d+)(?P<unit>[mhd])(?P<options>.*)$")
_NUMBER = re.compile(r"\b(up|down|like) (\d+)")
_FLAG = re.compile(r"\bflag (\w+) by ([\w,]+)")


@dataclass
class Line:
    """A post: its author, the time since the previous one, and its votes, marks and flags."""

    author: str
    after: timedelta
    source: str = ""
    marks: frozenset[str] = frozenset()
    numbers: dict[str, int] = field(default_factory=dict)
    flag: str = ""
    flaggers: tuple[str, ...] = ()


@dataclass
class Talk:
    """A topic with its replies."""

    title: str
    author: str
    days_ago: float
    kind: str
    tags: list[str] = field(default_factory=list)
    marks: frozenset[str] = frozenset()
    numbers: dict[str, int] = field(default_factory=dict)
    source: str = ""
    replies: list[Line] = field(default_factory=list)


def read(path: Path) -> list[Talk]:
    """Return the topics of a file, in order. Raises ValueError for an invalid line."""
    talks: list[Talk] = []
    for part in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, head, body = part.split("\n", 2)
        talk = _talk(title.strip(), head)
        _fill(talk, body)
        talks.append(talk)
    return talks


def _talk(title: str, head: str) -> Talk:
    author, days, kind, *options = [word.strip() for word in head.split("|")]
    talk = Talk(title, author, float(days), kind)
    for option in options:
        name, _, value = option.partition(" ")
        if name == "tags":
            talk.tags = [tag.strip() for tag in value.split(",")]
        elif name in ("pinned", "held"):
            talk.marks |= {name}
        elif name in ("views", "up", "like"):
            talk.numbers[name] = int(value)
        else:
            raise ValueError(f"{title}: unknown option “{option}”.")
    return talk


def _fill(talk: Talk, body: str) -> None:
    speaker: Talk | Line = talk
    words: list[str] = []
    for row in [*body.splitlines(), None]:
        if row is not None and not row.startswith("--- "):
            words.append(row)
            continue
        speaker.source = "\n".join(words).strip()
        words = []
        if row is not None:
            speaker = _line(row)
            talk.replies.append(speaker)


def _line(row: str) -> Line:
    match = _REPLY.match(row)
    if match is None:
        raise ValueError(f"Invalid reply header: “{row}”.")
    options = match["options"]
    flag = _FLAG.search(options)
    return Line(
        author=match["author"],
        after=timedelta(**{_UNITS[match["unit"]]: int(match["number"])}),
        marks=frozenset({"accepted", "official", "settled"}.intersection(options.split())),
        numbers={name: int(number) for name, number in _NUMBER.findall(options)},
        flag=flag[1] if flag else "",
        flaggers=tuple(flag[2].split(",")) if flag else (),
    )
