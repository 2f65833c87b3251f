"""Parse URLs of the old site into what they point to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["post", "comment", "user", "tag"]

# First path segments of URLs that can point to imported content.
PREFIXES = "questions|q|a|users|posts|tags"

_COMMENT = re.compile(r"#comment(\d{1,15})(?:_\d+)?$|^posts/comments/(\d{1,15})(?=[/?#]|$)")
_ANSWER = re.compile(r"^questions/\d+/[^/?#]*/(\d{1,15})\b|^questions/\d+[^#]*#(\d{1,15})$")
_POST = re.compile(r"^(?:questions|q|a|posts)/(\d{1,15})(?=[/?#]|$)")
_USER = re.compile(r"^users/(-?\d{1,15})(?=[/?#]|$)")
_TAG = re.compile(r"^(?:questions/tagged|tags)/([^/?#]{1,35})(?=[/?#]|$)")
_SLUG = re.compile(r"^(?:questions|users)/-?\d{1,15}/([^/?#]+)")


@dataclass(frozen=True)
class Target:
    """What an old URL points to: a row of the dump by its id, or a tag by its name."""

    kind: Kind
    key: int | str


_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("comment", _COMMENT),
    ("post", _ANSWER),
    ("post", _POST),
    ("user", _USER),
)


def targets_of(path: str) -> list[Target]:
    """Return what a path points to, most specific first: an answer, then its question.

    The path has no leading slash, but may have a query and a fragment.
    """
    found = [
        Target(kind, int(next(filter(None, match.groups()))))
        for kind, pattern in _PATTERNS
        if (match := pattern.search(path))
    ]
    tag = _TAG.match(path)
    return [*found, Target("tag", tag[1].lower())] if tag else found


def slug_in(path: str) -> str:
    """Return the words of a title or name in a path; may be empty."""
    slug = _SLUG.match(path)
    return slug[1].lower() if slug else ""
