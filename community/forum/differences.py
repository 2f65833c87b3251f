"""What changed between two versions of a text, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# Comparing takes the square of the length at worst; beyond this whole lines are compared.
WORDY = 6_000
# So little that stayed the same between two changes reads better as part of one.
ISLAND = 4


@dataclass(frozen=True, slots=True)
class Piece:
    kind: str  # "same", "added" or "removed"
    text: str


def word_diff(old: str, new: str) -> list[Piece]:
    """Return the pieces that make up both texts, in reading order: removed ones stand before added ones."""
    before, after = WORDS.findall(old), WORDS.findall(new)
    if len(before) + len(after) > WORDY:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    pieces: list[Piece] = []
    removed = added = ""
    matched = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for index, (tag, i, j, k, n) in enumerate(matched):
        gone, come = "".join(before[i:j]), "".join(after[k:n])
        between_changes = 0 < index < len(matched) - 1
        if tag != "equal" or (between_changes and len(gone.strip()) < ISLAND):
            removed, added = removed + gone, added + come
            continue
        pieces += [*_change(removed, added), Piece("same", gone)]
        removed = added = ""
    return [*pieces, *_change(removed, added)]


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
