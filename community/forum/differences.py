"""Word-level diffs between two versions of a text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from time import thread_time
from typing import Any

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# A diff takes quadratic time at worst; above this many words, lines are compared instead.
MAX_WORDS = 6_000
# CPU seconds for one diff, and the number of pairs of equal words it may look at in one step.
MAX_SECONDS = 0.5
MAX_PAIRS = 4_000_000
# Unchanged text shorter than this between two changes is merged into one change.
MIN_UNCHANGED = 4


@dataclass(frozen=True, slots=True)
class Piece:
    kind: str  # "same", "added" or "removed"
    text: str


class _TimedMatcher(SequenceMatcher[str]):
    """Raises TimeoutError after a deadline, since crafted texts take cubic time."""

    def __init__(self, before: list[str], after: list[str], *, until: float) -> None:
        super().__init__(None, before, after, autojunk=False)
        self.until = until
        counts = Counter(before)
        if sum(counts[word] * count for word, count in Counter(after).items()) > MAX_PAIRS:
            raise TimeoutError

    def find_longest_match(self, *args: Any, **kwargs: Any) -> Match:
        if thread_time() > self.until:
            raise TimeoutError
        return super().find_longest_match(*args, **kwargs)


def word_diff(old: str, new: str, *, until: float | None = None) -> list[Piece]:
    """Return the pieces of both texts in reading order, removed pieces before added ones.

    If there is too much to compare, or the deadline passes (`until`, in `time.thread_time` seconds), everything
    between the common prefix and suffix is one change.
    """
    before, after = WORDS.findall(old), WORDS.findall(new)
    if len(before) + len(after) > MAX_WORDS:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    prefix = _common_prefix(before, after)
    suffix = _common_prefix(before[prefix:][::-1], after[prefix:][::-1])
    head, tail = "".join(before[:prefix]), "".join(before[len(before) - suffix :])
    before, after = before[prefix : len(before) - suffix], after[prefix : len(after) - suffix]
    until = thread_time() + MAX_SECONDS if until is None else until
    pieces = _compare(before, after, until)
    return [*_same(head), *pieces, *_same(tail)]


def _common_prefix(one: list[str], other: list[str]) -> int:
    """Return the length of the common prefix."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _compare(before: list[str], after: list[str], until: float) -> list[Piece]:
    try:
        opcodes = _TimedMatcher(before, after, until=until).get_opcodes()
    except TimeoutError:
        return _change("".join(before), "".join(after))
    pieces: list[Piece] = []
    removed = added = ""
    for tag, i, j, k, n in opcodes:
        old, new = "".join(before[i:j]), "".join(after[k:n])
        # The common prefix and suffix are cut off, so equal text here is always between two changes.
        if tag != "equal" or len(old.strip()) < MIN_UNCHANGED:
            removed, added = removed + old, added + new
            continue
        pieces += [*_change(removed, added), Piece("same", old)]
        removed = added = ""
    return [*pieces, *_change(removed, added)]


def _same(text: str) -> list[Piece]:
    return [Piece("same", text)] if text else []


def _change(removed: str, added: str) -> list[Piece]:
    both = (Piece("removed", removed), Piece("added", added))
    return [piece for piece in both if piece.text]


def collapse_unchanged(pieces: list[Piece], *, around: int = 160) -> list[Piece]:
    """Shorten long unchanged pieces to `around` characters of context on each side of a change."""
    short: list[Piece] = []
    for index, piece in enumerate(pieces):
        if piece.kind != "same" or len(piece.text) <= 2 * around + 20:
            short.append(piece)
            continue
        head = piece.text[:around] if index else ""
        tail = piece.text[-around:] if index < len(pieces) - 1 else ""
        short.append(Piece("same", f"{head} … {tail}"))
    return short
