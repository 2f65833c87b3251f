"""Finding topics by their words. Nothing is found that the reader may not read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, TrigramWordSimilarity
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Replace
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from .models import Post, Topic

if TYPE_CHECKING:
    from .models.categories import Reader
    from .models.topics import TopicQuerySet

CONFIG = "english"
# Beyond these a reader refines the search instead of turning pages.
RESULTS = 200
TITLE_WEIGHT = 3.0
ANSWER_BONUS = 1.3
# Characters that no text contains, put around what was found and turned into <mark> after escaping.
START, STOP = "\ue000", "\ue001"
LESS, MORE = "\ue002", "\ue003"
WORDS = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True)
class Found:
    """One topic that answers a search, and the post that does so best."""

    topic_id: int
    post_id: int
    rank: float


def find(reader: Reader, text: str, *, category_id: int | None = None) -> list[Found]:
    """Return the topics in which all the words occur in the title or in one post, best first, at most 200.

    `text` is what people type: words, "quoted phrases", or, -without.
    """
    query = SearchQuery(text, config=CONFIG, search_type="websearch")
    topics = Topic.objects.visible_to(reader).published()
    if category_id is not None:
        topics = topics.filter(Q(category=category_id) | Q(category__parent=category_id))
    best: dict[int, Found] = {}
    for found in [*_in_posts(reader, topics, query), *_in_titles(topics, query)]:
        earlier = best.get(found.topic_id)
        rank = found.rank + (earlier.rank if earlier else 0)
        post_id = earlier.post_id if earlier else found.post_id
        best[found.topic_id] = Found(found.topic_id, post_id, rank)
    return sorted(best.values(), key=lambda found: (-found.rank, -found.topic_id))[:RESULTS]


def _in_posts(reader: Reader, topics: TopicQuerySet, query: SearchQuery) -> list[Found]:
    """The best post of each topic; an accepted answer counts for a little more."""
    rank = SearchRank(F("search"), query, normalization=Value(1))
    posts = Post.objects.visible_to(reader).published().filter(search=query, topic__in=topics)
    rows = (
        posts.annotate(
            rank=rank
            * models.Case(models.When(is_accepted=True, then=Value(ANSWER_BONUS)), default=Value(1.0))
        )
        .order_by("-rank", "-pk")
        .values_list("topic_id", "pk", "rank")[: RESULTS * 3]
    )
    best: dict[int, Found] = {}
    for topic_id, post_id, value in rows:
        best.setdefault(topic_id, Found(topic_id, post_id, value))
    return list(best.values())


def _in_titles(topics: TopicQuerySet, query: SearchQuery) -> list[Found]:
    rows = (
        topics.filter(search=query, posts__kind=Post.Kind.OPENING)
        .annotate(rank=SearchRank(F("search"), query) * TITLE_WEIGHT)
        .order_by("-rank", "-pk")
        .values_list("pk", "posts__pk", "rank")[:RESULTS]
    )
    return [Found(*row) for row in rows]


# What people see of a post, without the signs of its Markdown; entities are undone after marking.
_WITHOUT_TAGS = models.Func(F("html"), Value("<[^>]*>"), Value(""), Value("g"), function="regexp_replace")


def results(reader: Reader, text: str, page: list[Found]) -> list[Topic]:
    """Return the topics of one page of findings, in order, each with `headline`, `snippet` and `best_post`."""
    query = SearchQuery(text, config=CONFIG, search_type="websearch")
    topics = Topic.objects.visible_to(reader).for_list(reader)
    marked = topics.annotate(marked_title=_headline(F("title"), query, whole=True))
    rows = {topic.pk: topic for topic in marked.filter(pk__in=[found.topic_id for found in page])}
    posts = (
        Post.objects.visible_to(reader)
        .filter(pk__in=[found.post_id for found in page])
        .annotate(marked=_headline(_WITHOUT_TAGS, query))
        .select_related("author")
        .defer("source", "html", "search")
    )
    by_topic = {post.topic_id: post for post in posts}
    shown = [rows[found.topic_id] for found in page if found.topic_id in rows]
    for topic in shown:
        best = by_topic.get(topic.pk)
        topic.headline = highlighted(topic.marked_title)  # type: ignore[attr-defined]
        topic.best_post = best  # type: ignore[attr-defined]
        topic.snippet = highlighted(unescape(best.marked)) if best else ""  # type: ignore[attr-defined]
    return shown


def _headline(text: Combinable, query: SearchQuery, *, whole: bool = False) -> SearchHeadline:
    # The parser drops what looks like a tag, so angle brackets are put aside; private-use characters that
    # were typed must not pass for our own marks.
    text = models.Func(text, Value(START + STOP + LESS + MORE), Value(""), function="translate")
    text = Replace(Replace(text, Value("<"), Value(f" {LESS} ")), Value(">"), Value(f" {MORE} "))
    how = {"highlight_all": True} if whole else {"max_words": 36, "min_words": 16, "max_fragments": 2}
    return SearchHeadline(
        text, query, config=CONFIG, start_sel=START, stop_sel=STOP, fragment_delimiter=" … ", **how
    )


def highlighted(marked: str) -> SafeString:
    """Escape everything, then turn our marks into <mark>."""
    for mark, sign in ((LESS, "<"), (MORE, ">")):
        marked = marked.replace(f" {mark} ", sign).replace(mark, sign)
    escaped = escape(marked)
    return mark_safe(escaped.replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308  escaped above


def similar(reader: Reader, title: str, *, limit: int = 5, besides: int | None = None) -> list[Topic]:
    """Return topics whose titles say much the same, for someone about to ask; [] for fewer than two words."""
    words = WORDS.findall(title)[:20]
    if len(words) < 2:
        return []
    any_word = SearchQuery(" or ".join(words), config=CONFIG, search_type="websearch")
    likeness = TrigramWordSimilarity(title, "title")
    topics = (
        Topic.objects.visible_to(reader)
        .published()
        .filter(Q(search=any_word) | Q(title__trigram_word_similar=title))
        .annotate(
            likeness=SearchRank(F("search"), any_word) * 2 + likeness,
        )
        .filter(likeness__gt=0.35)
        .select_related("category")
        .defer("search")
        .order_by("-likeness", "-is_solved", "-pk")
    )
    if besides is not None:
        topics = topics.exclude(pk=besides)
    return list(topics[:limit])
