"""What changed between two versions of a text, word by word."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from time import thread_time
from typing import Any

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# Comparing takes the square of the length at worst; beyond this whole lines are compared.
WORDY = 6_000
# Seconds of the processor that one comparison may take, and how many pairs of equal pieces it may look at in
# one step.
SECONDS = 0.5
STEP = 4_000_000
# So little that stayed the same between two changes reads better as part of one.
ISLAND = 4


@dataclass(frozen=True, slots=True)
class Piece:
    kind: str  # "same", "added" or "removed"
    text: str


class _InTime(SequenceMatcher[str]):
    """Stops with TimeoutError: what is written for it makes comparing take the cube of its length."""

    def __init__(self, before: list[str], after: list[str], *, until: float) -> None:
        super().__init__(None, before, after, autojunk=False)
        self.until = until
        known = Counter(before)
        if sum(known[piece] * count for piece, count in Counter(after).items()) > STEP:
            raise TimeoutError

    def find_longest_match(self, *args: Any, **kwargs: Any) -> Match:
        if thread_time() > self.until:
            raise TimeoutError
        return super().find_longest_match(*args, **kwargs)


def word_diff(old: str, new: str, *, until: float | None = None) -> list[Piece]:
    """Return the pieces that make up both texts, in reading order: removed ones stand before added ones.

    Where there is too much to compare, or no time is left (`until` as `time.thread_time` counts), everything
    between their common beginning and end is one change.
    """
    before, after = WORDS.findall(old), WORDS.findall(new)
    if len(before) + len(after) > WORDY:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    begins = _alike(before, after)
    ends = _alike(before[begins:][::-1], after[begins:][::-1])
    head, tail = "".join(before[:begins]), "".join(before[len(before) - ends :])
    before, after = before[begins : len(before) - ends], after[begins : len(after) - ends]
    until = thread_time() + SECONDS if until is None else until
    pieces = _compared(before, after, until)
    return [*_same(head), *pieces, *_same(tail)]


def _alike(one: list[str], other: list[str]) -> int:
    """How many pieces the two begin with that are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def _compared(before: list[str], after: list[str], until: float) -> list[Piece]:
    try:
        matched = _InTime(before, after, until=until).get_opcodes()
    except TimeoutError:
        return _change("".join(before), "".join(after))
    pieces: list[Piece] = []
    removed = added = ""
    for tag, i, j, k, n in matched:
        gone, come = "".join(before[i:j]), "".join(after[k:n])
        # What is the same at both ends is not here any longer, so this stands between two changes.
        if tag != "equal" or len(gone.strip()) < ISLAND:
            removed, added = removed + gone, added + come
            continue
        pieces += [*_change(removed, added), Piece("same", gone)]
        removed = added = ""
    return [*pieces, *_change(removed, added)]


def _same(text: str) -> list[Piece]:
    return [Piece("same", text)] if text else []


def _change(removed: str, added: str) -> list[Piece]:
    both = (Piece("removed", removed), Piece("added", added))
    return [piece for piece in both if piece.text]


def shortened(pieces: list[Piece], *, around: int = 160) -> list[Piece]:
    """Cut long stretches that stayed the same down to what stands around the changes."""
    short: list[Piece] = []
    for index, piece in enumerate(pieces):
        if piece.kind != "same" or len(piece.text) <= 2 * around + 20:
            short.append(piece)
            continue
        head = piece.text[:around] if index else ""
        tail = piece.text[-around:] if index < len(pieces) - 1 else ""
        short.append(Piece("same", f"{head} … {tail}"))
    return short
