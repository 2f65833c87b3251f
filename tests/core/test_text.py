import time
import unicodedata

import pytest

from community.core.text import excerpt, has_visible_text, normalized, storable, url_words, without_invisible


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


@pytest.mark.parametrize(
    "marks", ["\u0301\u0323", "\u0e48\u0e38", "\u0f71\u0f73", "\uff9e\u0323", "\U0001d165\U0001d16d"]
)
def test_normalized_keeps_few_of_many_marks(marks):
    assert 30 <= len(normalized("NFKD", marks * 1_000)) <= 60
    assert normalized("NFKC", f"ก{marks * 9}") == unicodedata.normalize("NFKC", f"ก{marks * 9}")


@pytest.mark.parametrize("text", ["a", "1", "。", "😀", "ا", "\u200ba", "$", "ก็", "e\u0301"])
def test_visible_text(text):
    assert has_visible_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "\u200b" * 16,
        "\u00a0\u3000",
        "\u2800",
        "\u3164",
        "\u202e\u2066",
        "\u0301",
        "\U000e0041",
        "\x07",
        "\ufe0f",
    ],
)
def test_text_without_anything_to_see(text):
    assert not has_visible_text(text)


def test_without_invisible_reads_long_texts_quickly():
    begun = time.thread_time()

    for text in ("a\u200d" * 20_000, "\u200b" * 40_000, "\u0915\u094d\u200d" * 13_000):
        without_invisible(text)

    assert (
        time.thread_time() - begun < 2
    )  # CPU seconds; it would take minutes if each looked at the whole text


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("How do I clean it? (C++ & C#)", "how-do-i-clean-it-c-c"),
        ("Łódź: czy warto?", "łódź-czy-warto"),
        ("كيف أنظف الآلة؟", "كيف-أنظف-الآلة"),
        ("ดูกี่ครั้ง", "ดูกี่ครั้ง"),
        ("हिन्दी में", "हिन्दी-में"),
        ("Ｆｕｌｌ width—and dash", "full-width-and-dash"),
        ("日本語の。題", "日本語の題"),
        ("a\u200b\u202eb / c", "ab-c"),
        ("😀 🎉 ?!", ""),
    ],
)
def test_url_words_keep_the_letters_of_every_script(title, words):
    assert url_words(title, length=100) == words
    assert len(url_words(title * 50, length=100)) <= 100
