"""Full-text search over topics and posts the reader may see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, TrigramWordSimilarity
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Replace
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from community.core.prepared import Prepared

from . import queries
from .models import Post, Topic

if TYPE_CHECKING:
    from .models.categories import Reader
    from .models.posts import PostQuerySet
    from .models.topics import TopicQuerySet

CONFIG = "english"
# Maximum results; beyond these, people refine the search.
RESULTS = 200
CANDIDATES = 1_000
TITLE_WEIGHT = 3.0
ANSWER_BONUS = 1.3
# Private-use markers, replaced by <mark> after escaping.
START, STOP = "\ue000", "\ue001"
LESS, MORE = "\ue002", "\ue003"
WORDS = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True)
class Found:
    """A topic that matches a search, and its best post."""

    topic_id: int
    post_id: int
    rank: float


def find(reader: Reader, text: str, *, category_id: int | None = None) -> list[Found]:
    """Return the topics in which all the words occur in the title or in one post, best first, at most 200.

    `text` is what people type: words, "quoted phrases", or, -without. If very many posts match, only the newest
    CANDIDATES are ranked.
    """
    within = [
        category.pk
        for category in queries.visible_categories(reader)
        if category_id in (None, category.pk, category.parent_id)
    ]
    best: dict[int, Found] = {}
    for statement in (_posts_with(), _titles_with()):
        in_one: dict[int, Found] = {}
        for topic_id, post_id, rank in statement(text=text, category_ids=within):
            in_one.setdefault(topic_id, Found(topic_id, post_id, rank))
        for found in in_one.values():
            earlier = best.get(found.topic_id)
            rank = found.rank + (earlier.rank if earlier else 0)
            best[found.topic_id] = Found(found.topic_id, earlier.post_id if earlier else found.post_id, rank)
    return sorted(best.values(), key=lambda found: (-found.rank, -found.topic_id))[:RESULTS]


@cache
def _posts_with() -> Prepared[tuple[int, int, float]]:
    """Return posts with these words, best first; accepted answers rank a little higher."""

    def build(text: str, category_ids: list[int]) -> models.QuerySet[Any, Any]:
        query = SearchQuery(text, config=CONFIG, search_type="websearch")
        topics = Topic.objects.filter(category__any_of=category_ids).published()
        found = Post.objects.published().filter(search=query, topic__in=topics)
        newest = found.under_parents_of(AnonymousUser()).order_by("-pk")
        posts = Post.objects.filter(pk__any_of=_first(newest))
        bonus = models.Case(models.When(is_accepted=True, then=Value(ANSWER_BONUS)), default=Value(1.0))
        rank = SearchRank(F("search"), query, normalization=Value(1)) * bonus
        ranked = posts.annotate(rank=rank).order_by("-rank", "-pk")
        return ranked.values_list("topic_id", "pk", "rank")[: RESULTS * 3]

    return Prepared(build, keeps_plan=False)


@cache
def _titles_with() -> Prepared[tuple[int, int, float]]:
    def build(text: str, category_ids: list[int]) -> models.QuerySet[Any, Any]:
        query = SearchQuery(text, config=CONFIG, search_type="websearch")
        topics = Topic.objects.filter(category__any_of=category_ids).published()
        newest = topics.filter(search=query).order_by("-pk")
        rows = Topic.objects.filter(pk__any_of=_first(newest), posts__kind=Post.Kind.OPENING)
        ranked = rows.annotate(rank=SearchRank(F("search"), query) * TITLE_WEIGHT).order_by("-rank", "-pk")
        return ranked.values_list("pk", "posts__pk", "rank")[:RESULTS]

    return Prepared(build, keeps_plan=False)


def _first(found: models.QuerySet[Any, Any]) -> ArraySubquery:
    """An array, which PostgreSQL finds once; IN may find the candidates anew for each row, without statistics."""
    return ArraySubquery(found.values("pk")[:CANDIDATES])


# The text of a post without tags; entities are unescaped after marking.
_WITHOUT_TAGS = models.Func(F("html"), Value("<[^>]*>"), Value(""), Value("g"), function="regexp_replace")


def results(reader: Reader, text: str, page: list[Found]) -> list[Topic]:
    """Return the topics of one page of results, in order, each with `headline`, `snippet` and `best_post`."""
    category_ids = queries.visible_category_ids(reader)
    topic_ids, post_ids = [found.topic_id for found in page], [found.post_id for found in page]
    topics = _found_topics()(text=text, category_ids=category_ids, topic_ids=topic_ids)
    posts = _found_posts()(text=text, post_ids=post_ids)
    rows = {topic.pk: topic for topic in topics}
    by_topic = {post.topic_id: post for post in posts}
    shown = [rows[found.topic_id] for found in page if found.topic_id in rows]
    for topic in shown:
        best = by_topic.get(topic.pk)
        topic.headline = highlighted(topic.marked_title)  # type: ignore[attr-defined]
        topic.best_post = best  # type: ignore[attr-defined]
        topic.snippet = highlighted(unescape(best.marked)) if best else ""  # type: ignore[attr-defined]
    return shown


@cache
def _found_topics() -> Prepared[Topic]:
    def build(text: str, category_ids: list[int], topic_ids: list[int]) -> TopicQuerySet:
        query = SearchQuery(text, config=CONFIG, search_type="websearch")
        topics = Topic.objects.filter(category__any_of=category_ids, pk__any_of=topic_ids).published()
        marked = topics.annotate(marked_title=_headline(F("title"), query, whole=True))
        return marked.select_related("category", "author").defer("search")

    return Prepared(build, keeps_plan=False)


@cache
def _found_posts() -> Prepared[Post]:
    def build(text: str, post_ids: list[int]) -> PostQuerySet:
        query = SearchQuery(text, config=CONFIG, search_type="websearch")
        posts = Post.objects.published().filter(pk__any_of=post_ids).under_parents_of(AnonymousUser())
        marked = posts.annotate(marked=_headline(_WITHOUT_TAGS, query))
        return marked.select_related("author").defer("source", "html", "search")

    return Prepared(build, keeps_plan=False)


def _headline(text: Combinable, query: SearchQuery, *, whole: bool = False) -> SearchHeadline:
    # PostgreSQL's parser drops what looks like a tag, so angle brackets are replaced by markers. Private-use
    # characters in the text are removed, so that they cannot pass for ours.
    text = models.Func(text, Value(START + STOP + LESS + MORE), Value(""), function="translate")
    text = Replace(Replace(text, Value("<"), Value(f" {LESS} ")), Value(">"), Value(f" {MORE} "))
    how = {"highlight_all": True} if whole else {"max_words": 36, "min_words": 16, "max_fragments": 2}
    return SearchHeadline(
        text, query, config=CONFIG, start_sel=START, stop_sel=STOP, fragment_delimiter=" … ", **how
    )


def highlighted(marked: str) -> SafeString:
    """Escape everything, then turn our markers into <mark>."""
    for mark, sign in ((LESS, "<"), (MORE, ">")):
        marked = marked.replace(f" {mark} ", sign).replace(mark, sign)
    escaped = escape(marked)
    return mark_safe(escaped.replace(START, "<mark>").replace(STOP, "</mark>"))  # noqa: S308  escaped above


def similar(reader: Reader, title: str, *, limit: int = 5, besides: int | None = None) -> list[Topic]:
    """Return topics with similar titles; [] for fewer than two words."""
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
