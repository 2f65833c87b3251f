"""Suggest corrections for misspelt words, from words that the reader may see."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Func, TextField
from django.db.models.functions import Left

from . import queries, search_query
from .models import Post, Topic
from .search_marks import WORDS
from .search_query import Term
from .typing_errors import edits

if TYPE_CHECKING:
    from .models.categories import Reader
    from .search import Answer

SHORTEST, LONGEST = 4, 24
CORRECTED = 3  # words of one search
CHECKED = 8  # possible corrections
SAMPLE = 30  # posts and titles to look for words in
READ = 4_000  # characters of each
PREFIX, CLOSE = 4, 0.75


def did_you_mean(reader: Reader, answer: Answer) -> str:
    """Return the search with misspelt words corrected or words joined; empty if nothing is close.

    Only words in posts and titles that the reader may see are suggested.
    """
    query, texts = answer.query, _Texts(queries.visible_category_ids(reader))
    for before, after in pairwise(query.wanted):
        if answer.missing and (word := _joined(before, after, texts)):
            merged = Term("", "", "", before.start, after.end)
            return query.without(merged, word)
    replaced = []
    for term in answer.missing[:CORRECTED]:
        if not term.quoted and (word := _correction(term.folded, texts)):
            replaced.append((term, word))
    if not replaced:
        return ""
    text = query.text
    for term, word in sorted(replaced, key=lambda one: -one[0].start):
        text = text[: term.start] + word + text[term.end :]
    return text


class _Texts:
    """Folded text of published posts and titles in these categories that all their readers may see."""

    def __init__(self, category_ids: list[int]) -> None:
        self._topics = Topic.objects.filter(category__any_of=category_ids).published()

    def having(self, expression: str) -> list[tuple[str, str]]:
        """Return the newest that match, folded and as written."""
        query = search_query.matching(expression)
        posts = Post.objects.published().filter(search=query, topic__in=self._topics)
        sources = (
            posts.under_parents_of(AnonymousUser())
            .order_by("-pk")
            .values_list(_folded("source"), Left("source", READ))
        )
        titles = self._topics.filter(search=query).order_by("-pk").values_list(_folded("title"), "title")
        return [*titles[:SAMPLE], *sources[:SAMPLE]]

    def titles_like(self, word: str) -> list[str]:
        alike = self._topics.filter(title__trigram_word_similar=word).order_by("-pk")
        return [text for (text,) in alike.values_list(_folded("title"))[:SAMPLE]]


def _folded(name: str) -> Func:
    return Func(Left(name, READ), function="forum_fold", output_field=TextField())


def _joined(before: Term, after: Term, texts: _Texts) -> str:
    """Return two words joined into one, if that occurs."""
    word = before.folded + after.folded
    if before.quoted or after.quoted or not re.fullmatch(r"[^\W_]{4,24}", word):
        return ""
    return word if texts.having(f"'{word}'") else ""


def _correction(word: str, texts: _Texts) -> str:
    """Return the most frequent word that is one typo away, or else one that begins the same way."""
    if not SHORTEST <= len(word) <= LONGEST or not word.isalpha():
        return ""
    candidates = {f"'{one}'": one for one in edits(word)}
    splits = [(word[:place], word[place:]) for place in range(2, len(word) - 1)]
    candidates |= {f"'{before}' <-> '{after}'": f"{before} {after}" for before, after in splits}
    for expression in _frequent(list(candidates)):
        found: Counter[str] = Counter()
        having = texts.having(expression)
        for text, _ in having:
            line = f" {' '.join(_words(text))} "
            found.update(one for one in candidates.values() if f" {one} " in line)
        if found:
            return _as_written(min(found, key=lambda one: (-found[one], one)), having)
    words = {one for text, _ in texts.having(f"'{word[:PREFIX]}':*") for one in _words(text)}
    words |= {one for text in texts.titles_like(word) for one in _words(text)}
    close = get_close_matches(word, words - {word}, n=1, cutoff=CLOSE)
    return close[0] if close else ""


def _as_written(word: str, texts: Sequence[tuple[str, str]]) -> str:
    """Return a folded word with the diacritics of a text that has it."""
    for folded, written in texts:
        if word in _words(folded) and word not in written.lower():
            words = list(dict.fromkeys(WORDS.findall(written.lower())))
            forms = zip(words, search_query.fold(words), strict=True)
            return next((form for form, (main, _, _) in forms if main == word), word)
    return word


def _frequent(expressions: list[str]) -> list[str]:
    """Return the expressions that match the most posts and titles, of all categories and states; at most CHECKED.

    One index lookup for each: for all at once, PostgreSQL would expect so many rows that it scans the tables.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT min(expression), found FROM (
              SELECT expression, query,
                     (SELECT count(*) FROM forum_topic WHERE search @@ query)
                     + (SELECT count(*) FROM forum_post WHERE search @@ query) AS found
              FROM (SELECT expression, to_tsquery('english', expression) AS query
                    FROM unnest(%s::text[]) AS typed(expression)) AS queries
            ) AS counted
            WHERE found > 0 GROUP BY query, found ORDER BY found DESC, 1 LIMIT %s
            """,
            [expressions, CHECKED],
        )
        return [expression for expression, _ in cursor.fetchall()]


def _words(folded: str) -> Sequence[str]:
    return [*folded.replace("-", "").split(), *(folded.replace("-", " ").split() if "-" in folded else ())]
