from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.forum.differences import Piece, shortened, word_diff


def marked(old, new):
    signs = {"same": "{}", "added": "+{}+", "removed": "-{}-"}
    return "".join(signs[piece.kind].format(piece.text) for piece in word_diff(old, new))


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("Use tap water.", "Use soft water.", "Use -tap-+soft+ water."),
        ("one two", "one two three", "one two+ three+"),
        ("one two three", "one three", "one -two -three"),
        ("", "new", "+new+"),
        ("old", "", "-old-"),
        ("same", "same", "same"),
        ("9 bar", "9.1 bar", "9+.1+ bar"),
    ],
)
def test_changed_words_are_marked(old, new, shown):
    assert marked(old, new) == shown


@given(st.text(max_size=80), st.text(max_size=80))
def test_both_texts_can_be_reconstructed(old, new):
    pieces = word_diff(old, new)

    assert "".join(piece.text for piece in pieces if piece.kind != "added") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == new


def test_long_texts_are_compared_by_lines():
    lines = [f"line {number} of a very long text\n" for number in range(2_000)]
    changed = [*lines[:1_000], "another line\n", *lines[1_001:]]

    pieces = word_diff("".join(lines), "".join(changed))

    assert [(piece.kind, piece.text) for piece in pieces if piece.kind != "same"] == [
        ("removed", "line 1000 of a very long text\n"),
        ("added", "another line\n"),
    ]


def test_unchanged_text_is_shortened_to_context():
    pieces = [Piece("same", "a" * 500), Piece("added", "!"), Piece("same", "b" * 500), Piece("removed", "?")]

    short = shortened(pieces, around=10)

    assert [piece.text for piece in short] == [" … " + "a" * 10, "!", "b" * 10 + " … " + "b" * 10, "?"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" ".join(f"a x{n}" for n in range(750)), " ".join(f"a y{n}" for n in range(750))),
        ("a\nb\n" * 8_000, "b\nb\na\n" * 5_000),
    ],
    ids=["words", "lines"],
)
def test_comparing_crafted_texts_is_bounded(old, new):
    began = thread_time()

    pieces = word_diff(old, new)

    assert thread_time() - began < 2.5
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == new


def test_without_time_left_the_middle_is_one_change():
    pieces = word_diff("Descale it every other month.", "Descale it each month.", until=0)

    assert [(piece.kind, piece.text) for piece in pieces] == [
        ("same", "Descale it "),
        ("removed", "every other"),
        ("added", "each"),
        ("same", " month."),
    ]
