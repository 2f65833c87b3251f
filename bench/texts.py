"""Texts of the filled community: from an imported dump, or made up with similar lengths."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from community.core.markdown import render
from community.forum.models import Post, Topic

MIN_IMPORTED = 500
SYLLABLES = [
    first + vowel for first in "bdfgklmnprstvz" for vowel in ("a", "e", "i", "o", "u", "ar", "el", "on")
]
MARK = "zzwordzz"
CLOSING = f"What settled it for us was the {MARK}, though others here may see it differently."


@dataclass(frozen=True)
class Text:
    """Markdown, its rendered HTML, and its number of words."""

    source: str
    html: str
    words: int


class Writer:
    """Writes posts: a body from a pool that is rendered once, and a closing sentence with a rare word."""

    def __init__(self, chance: random.Random, *, pool: int) -> None:
        self.chance, self.pool = chance, pool
        self.vocabulary = [self._word() for _ in range(4_000)]
        self.bodies, self.titles = self._imported() or self._made_up()
        self.closing = render(CLOSING)

    def post(self) -> Text:
        body, rare = self.chance.choice(self.bodies), self._word(4)
        return Text(
            f"{body.source}\n\n{CLOSING.replace(MARK, rare)}",
            body.html + self.closing.html.replace(MARK, rare),
            body.words + self.closing.words,
        )

    def title(self) -> str:
        return self.chance.choice(self.titles)

    def name(self) -> str:
        return f"{self._word(2).capitalize()} {self._word(3).capitalize()}"

    def _imported(self) -> tuple[list[Text], list[str]] | None:
        posts = Post.objects.published().exclude(kind=Post.Kind.COMMENT).order_by("pk")
        rows = list(posts.values_list("source", "html", "word_count")[: self.pool])
        if len(rows) < MIN_IMPORTED:
            return None
        bodies = [Text(source, html, words) for source, html, words in rows]
        return bodies, list(Topic.objects.published().values_list("title", flat=True)[: self.pool])

    def _made_up(self) -> tuple[list[Text], list[str]]:
        sources = [self._source() for _ in range(self.pool)]
        rendered = [(source, render(source)) for source in sources]
        bodies = [Text(source, done.html, done.words) for source, done in rendered]
        return bodies, [self._sentence(4, 11).rstrip(".") for _ in range(self.pool)]

    def _source(self) -> str:
        paragraphs = [self._paragraph() for _ in range(self.chance.choice((1, 1, 2, 2, 3, 4, 7)))]
        if self.chance.random() < 0.15:
            paragraphs.insert(1, "\n".join(f"- {self._sentence(3, 9)}" for _ in range(4)))
        if self.chance.random() < 0.1:
            paragraphs.insert(1, f"> {self._sentence(8, 25)}")
        if self.chance.random() < 0.1:
            paragraphs.append(
                f"See [what they write](https://example.com/{self._word()}) and `{self._word()}`."
            )
        return "\n\n".join(paragraphs)

    def _paragraph(self) -> str:
        return " ".join(self._sentence(5, 22) for _ in range(self.chance.choice((1, 2, 3, 4))))

    def _sentence(self, least: int, most: int) -> str:
        words = [self._common() for _ in range(self.chance.randint(least, most))]
        return f"{' '.join(words).capitalize()}."

    def _common(self) -> str:
        """Return a word of the vocabulary; frequencies follow a power law."""
        return self.vocabulary[int(self.chance.paretovariate(0.6)) % len(self.vocabulary)]

    def _word(self, syllables: int = 0) -> str:
        return "".join(self.chance.choices(SYLLABLES, k=syllables or self.chance.choice((1, 2, 2, 3))))


def by_power_law(count: int, *, flat: int = 0) -> Sequence[float]:
    """Return cumulative weights 1 / (rank + flat) for `random.choices(cum_weights=...)`."""
    return list(accumulate(1 / (rank + flat) for rank in range(1, count + 1)))
