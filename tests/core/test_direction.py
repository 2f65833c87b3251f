"""Right-to-left text, alone and mixed with other text."""

import pytest

from community.core.markdown import render


@pytest.mark.parametrize(
    ("source", "tag"),
    [
        ("- مرحبا\n- b", '<ul dir="rtl">'),
        ("> שלום a", '<blockquote dir="rtl">'),
        ("1. (مرحبا)", '<ol dir="rtl">'),
        ("> - مرحبا", '<blockquote dir="rtl">'),
        ("- a مرحبا", '<ul dir="ltr">'),
        ("> 1. **a** שלום", '<ol dir="ltr">'),
        ("| مرحبا | b |\n|-|-|\n| c | d |", '<table dir="rtl">'),
    ],
)
def test_lists_and_quotations_follow_the_direction_of_their_script(source, tag):
    assert tag in render(source).html


def test_left_to_right_text_is_unchanged():
    assert "dir=" not in render("> - a\n\n1. b").html
    assert "dir=" not in render("مرحبا\n\na").html
