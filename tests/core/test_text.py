from community.core.text import excerpt, storable


def test_storable_drops_nul_and_replaces_lone_surrogates():
    assert storable("a\x00b\ud800c") == "ab\ufffdc"


def test_storable_keeps_everything_else_exactly():
    text = "  tabs\tand\r\nlines, \u202eoverrides, 👾, e\u0301  "

    assert storable(text) == text


def test_excerpt_of_a_short_text_is_the_text_on_one_line():
    assert excerpt("  one\ntwo\t three ") == "one two three"


def test_excerpt_cuts_between_words_without_hanging_punctuation():
    assert excerpt("The steam wand, which I cleaned", length=17) == "The steam wand…"


def test_excerpt_cuts_inside_a_word_that_has_no_spaces():
    cut = excerpt("x" * 50, length=10)

    assert cut == "x" * 9 + "…"
