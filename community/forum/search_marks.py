"""Highlight search matches in the text's own spelling."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import connection
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from community.core.text import normalized

from .search_query import HIRAGANA, IS_UNSPACED, KATAKANA, UNSPACED, Query

Span = tuple[int, int]

START, STOP = "\ue000", "\ue001"
# Words, and compounds as well as their parts.
WORDS = re.compile(r"[^\s!-/:-@\[-`{-~\u00a1-\u00bf\u2000-\u206f\u3000-\u3004\u3008-\u3020\uff01-\uff0f]+")
COMPOUNDS = re.compile(
    r"(?<![^\W_])[^\W_]++(?:(?:[-\u2010\u2011]|['\u2018\u2019](?=[^\W_]{3}))[^\W_]++)+|\d{1,3}(?:[.,'\u2019\u00a0\u2009\u202f]\d{3})+(?!\d)"
)
RUNS = re.compile(f"[{UNSPACED}]+")
SNIPPET, LEAD = 260, 50
LONGEST = 20_000  # characters to fold of one text


def marks(query: Query, texts: Sequence[str]) -> list[list[Span]]:
    """Return the ranges to highlight in each text, in order and without overlaps."""
    places = [[*WORDS.finditer(text), *COMPOUNDS.finditer(text)] for text in texts]
    matching = _matching(query, {place[0] for places_of_text in places for place in places_of_text})
    literal = _literal(query, texts)
    result = []
    for text, words in zip(texts, places, strict=True):
        marked = [place.span() for place in words if place[0] in matching]
        result.append(_merged([*marked, *(_spans(literal, text) if literal else ())]))
    return result


def bounded(text: str) -> str:
    """Return the text, cut short if it has many characters that folding expands to several letters each, such as ﷺ."""
    length = len(text if text.isascii() else normalized("NFKD", text))
    return text if length <= max(LONGEST, 2 * len(text)) else text[: LONGEST * len(text) // length]


def _spans(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [found.span() for found in pattern.finditer(text)]


def _matching(query: Query, words: set[str]) -> set[str]:
    """Return the words that match the query; the database folds and stems them as it does for the index."""
    if not query.marked:
        return set()
    ascii_words = [word for word in words if word.isascii()]
    groups = [ascii_words, [*words.difference(ascii_words)]]  # ASCII is much faster to fold
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ts_headline('english', replace(forum_fold(text), '-', ''), to_tsquery('english', %s), %s)"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS typed(text, i) ORDER BY i",
            [
                query.marked,
                f"HighlightAll=true, StartSel={START}, StopSel={STOP}",
                ["\n".join(group) for group in groups],
            ],
        )
        marked = [line.split("\n") for (line,) in cursor.fetchall()]
    return {
        word
        for group, lines in zip(groups, marked, strict=True)
        for word, line in zip(group, lines, strict=False)
        if START in line
    }


def _literal(query: Query, texts: Sequence[str]) -> re.Pattern[str] | None:
    """Return a pattern for text in scripts without spaces, or for its pairs if it does not occur as a whole."""
    typed = {run for term in query.wanted for form in (term.text, term.folded) for run in RUNS.findall(form)}
    runs = {form for run in typed for form in (run, run.translate(KATAKANA), run.translate(HIRAGANA))}
    whole = {run for run in runs if any(run in text for text in texts)}
    found = whole or {run[place : place + 2] for run in runs for place in range(len(run) - 1)}
    return re.compile("|".join(map(re.escape, sorted(found, key=len, reverse=True)))) if found else None


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def highlighted(text: str, spans: Sequence[Span]) -> SafeString:
    """Escape the text and mark the ranges in it."""
    parts, end = [], 0
    for start, stop in spans:
        parts += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
        end = stop
    return mark_safe("".join([*parts, escape(text[end:])]))  # noqa: S308  escaped above


def snippet(text: str, spans: Sequence[Span]) -> SafeString:
    """Return the part of the text with the most distinct matches, highlighted."""
    if len(text) <= SNIPPET + LEAD:
        return highlighted(text, spans)

    def words_from(start: int) -> int:
        return len({text[a:b].casefold() for a, b in spans if start <= a and b <= start + SNIPPET - LEAD})

    best = max((start for start, _ in spans), key=words_from, default=0)
    start = _between_words(text, max(best - LEAD, 0))
    end = min(start + SNIPPET, len(text))
    if end < len(text):
        end = max(text.rfind(" ", best, end), 0) or end
    inside = [(max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start]
    shown = highlighted(text[start:end], inside)
    return mark_safe(("… " if start else "") + shown + (" …" if end < len(text) else ""))  # noqa: S308


def _between_words(text: str, place: int) -> int:
    """Return the start of the next word, unless the script has no spaces."""
    if not place or IS_UNSPACED.match(text[place]):
        return place
    found = text.find(" ", place, place + LEAD)
    return found + 1 if found >= 0 else place
