"""Parse what people type into the search: words, "phrases", or, -without, tag:, user: and @names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from django.contrib.postgres.search import SearchQuery
from django.db import connection

CONFIG = "english"
# The characters of scripts without spaces that the database indexes in pairs; see the migration `search_words`.
UNSPACED = (
    "\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\u2e80-\u2fdf\u3005-\u3007"
    "\u3021-\u3029\u3031-\u3035\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff\u3400-\u9fff\ua980-\ua9df\uaa60-\uaadf"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
IS_UNSPACED = re.compile(f"[{UNSPACED}]")
TOKEN = re.compile(
    r"""(?P<minus>(?<!\S)-)? (?: (?P<name>tag|user|author) :\s* | (?P<at>(?<![^\s-])@) )?
        (?: "(?P<quoted>[^"]*)"? | (?P<word>[^\s"]+) )""",
    re.VERBOSE | re.IGNORECASE,
)
# Model names and numbers are written together or apart, as are numbers and units.
LETTERS_AND_DIGITS = re.compile(r"([a-z]{1,4})(\d+)|(\d+)([a-z]{1,4})")
# Japanese words are written in either kana; the two have the same order.
KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
HIRAGANA = {katakana: hiragana for hiragana, katakana in KATAKANA.items()}
# Spaces between groups of digits, which do not end a word.
GROUPED = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
# Alphabetic scripts, in which two adjacent characters say little.
LETTERS = re.compile("[\u0e00-\u109f\u1780-\u17ff\u1950-\u1b7f\ua980-\uaadf]")
PLAIN = re.compile("[A-Za-z0-9]*")
MAX_TERMS = 24
MAX_FILTERS = 8  # each queries tags or members
MAX_PIECES = 60  # of text without spaces


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase to find or, if `excluded`, to avoid, with its position in the typed text."""

    text: str
    expression: str  # in to_tsquery syntax; empty if there is nothing to find
    folded: str
    start: int
    end: int
    excluded: bool = False
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """`tag:` or `user:` with a value, and its position in the typed text."""

    name: str  # "tag" or "user"
    value: str
    start: int
    end: int
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed search; all terms of a group must match."""

    text: str
    groups: Sequence[Sequence[Term]]
    filters: Sequence[Filter]

    @property
    def wanted(self) -> list[Term]:
        return [term for term in chain.from_iterable(self.groups) if not term.excluded]

    @property
    def expression(self) -> str:
        """The whole search in to_tsquery syntax."""
        return any_of(f"({all_of(group)})" for group in self.groups)

    @property
    def marked(self) -> str:
        """An expression that matches every word to highlight."""
        return any_of(term.expression for term in self.wanted)

    def without(self, part: Term | Filter, instead: str = "") -> str:
        """Return the typed text with one part removed or replaced."""
        beside = [one for one in self.filters if one is not part and one.start == part.start]
        others = [f'{"-" * one.excluded}{one.name}:"{one.value}"' for one in beside]
        before, after = self.text[: part.start].rstrip(), self.text[part.end :].lstrip()
        return " ".join(filter(None, (before, *others, instead, after)))


def any_of(expressions: Iterable[str]) -> str:
    return " | ".join(expressions)


def all_of(terms: Iterable[Term]) -> str:
    return " & ".join(f"!({term.expression})" if term.excluded else f"({term.expression})" for term in terms)


def matching(expression: str) -> SearchQuery:
    return SearchQuery(expression, config=CONFIG, search_type="raw")


def parse(text: str) -> Query:
    """Parse the text; folding its words takes one query."""
    found = list(TOKEN.finditer(GROUPED.sub(",", text)))[:MAX_TERMS]
    filters: list[re.Match[str]] = []
    words: list[re.Match[str]] = []
    for token in found:
        (filters if token["name"] or token["at"] else words).append(token)
    folded = fold([token["quoted"] or token["word"] or "" for token in words])
    groups: list[list[Term]] = [[]]
    for token, (main, whole, parts) in zip(words, folded, strict=True):
        if token["word"] and token["word"].lower() == "or" and not token["minus"]:
            groups.append([])
            continue
        expression = _expression(whole, parts, quoted=token["quoted"] is not None)
        if expression:
            typed = token["quoted"] if token["quoted"] is not None else token["word"]
            flags = {"excluded": bool(token["minus"]), "quoted": token["quoted"] is not None}
            groups[-1].append(Term(typed, expression, main, *token.span(), **flags))
    named = [*chain.from_iterable(map(_filters, filters))][:MAX_FILTERS]
    return Query(text, [_with_units(group) for group in groups if group], named)


def _filters(token: re.Match[str]) -> list[Filter]:
    name = "tag" if (token["name"] or "").lower() == "tag" else "user"
    if token["quoted"] is not None:
        values = [token["quoted"].strip()]
    else:
        values = [value.strip(".;:!?").removeprefix("@") for value in token["word"].split(",")]
    return [Filter(name, value, *token.span(), bool(token["minus"])) for value in values if value]


def fold(texts: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return each text as the database indexes it: folded, then as words with compounds whole, and in parts.

    Words of ASCII letters and digits need no query.
    """
    if all(PLAIN.fullmatch(text) for text in texts):
        return [(text.lower(),) * 3 for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT folded, forum_spaced(replace(folded, '-', '')), forum_spaced(replace(folded, '-', ' '))"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS typed(text, i), forum_fold(typed.text) AS folded ORDER BY i",
            [list(texts)],
        )
        return list(cursor.fetchall())


def _expression(whole: str, parts: str, *, quoted: bool = False) -> str:
    """Return an expression for a word or phrase; a word may also be written in parts, such as E61 and E-61."""
    readings = [phrase(whole.split()), phrase(parts.split())]
    *before, last = whole.split() or [""]
    if not quoted and (mixed := LETTERS_AND_DIGITS.fullmatch(last)):
        readings.append(phrase([*before, *filter(None, mixed.groups())]))
    return _any_kana(readings)


def _any_kana(readings: Iterable[str]) -> str:
    """Return an expression for each of these, as typed, in katakana and in hiragana."""
    forms = [(one, one.translate(KATAKANA), one.translate(HIRAGANA)) for one in readings if one]
    return any_of(f"({form})" for form in dict.fromkeys(chain.from_iterable(forms)))


def _with_units(group: Sequence[Term]) -> list[Term]:
    """Let a number and its unit, or letters and their number, be written together; both terms get that reading."""
    terms = list(group)
    for place, (one, other) in enumerate(pairwise(group)):
        *before, first = one.folded.replace("-", "").split() or [""]
        second, *after = other.folded.replace("-", "").split() or [""]
        is_apart = LETTERS_AND_DIGITS.fullmatch(first + second) and first.isdigit() != second.isdigit()
        if is_apart and not (one.quoted or one.excluded or other.quoted or other.excluded):
            together = phrase([*before, first + second, *after])
            for at in (place, place + 1):
                terms[at] = replace(terms[at], expression=f"{terms[at].expression} | ({together})")
    return terms


def phrase(words: Sequence[str]) -> str:
    """Return an expression for folded words that follow each other."""
    kept = []
    for place, word in enumerate(words):
        if len(word) == 1 and IS_UNSPACED.match(word):
            before = words[place - 1] if place else ""
            if len(before) == 2 and IS_UNSPACED.match(before) and before.endswith(word):
                continue  # the second of the previous pair
            kept.append(f"'{word}':*")
        else:
            kept.append(f"'{word}'")
    return " <-> ".join(kept)


def pieces(term: Term) -> list[Term]:
    """Return the parts of a term in a script without spaces; [] for other scripts.

    A part is four letters in a row, or two other characters.
    """
    if term.quoted or not IS_UNSPACED.search(term.folded) or len(term.folded) != len(term.text):
        return []
    found = []
    for run in re.finditer(f"[{UNSPACED}]+", term.folded):
        length = 4 if LETTERS.match(run[0]) else 2
        for place in range(run.start(), run.end() - length + 1):
            text = term.folded[place : place + length]
            expression = _any_kana([phrase([text[at : at + 2] for at in range(length - 1)])])
            found.append(Term(text, expression, text, term.start + place, term.start + place + length))
    return found if len(found) > 1 else []
