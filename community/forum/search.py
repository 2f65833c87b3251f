"""Full-text search over topics and posts the reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from math import log
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.search import SearchRank, TrigramWordSimilarity
from django.db import connection, models
from django.db.models import F, OuterRef, Q, Subquery, Value

from community.core.prepared import Prepared
from community.members.models import details

from . import queries, search_candidates, search_filters, search_marks, search_query
from .models import Post, Topic
from .search_query import IS_UNSPACED, Query, Term

if TYPE_CHECKING:
    from .models.categories import Reader
    from .models.posts import PostQuerySet
    from .models.topics import TopicQuerySet

# Maximum results; beyond these, people refine the search.
RESULTS = 200
TITLE_WEIGHT = 3.0
ANSWER_BONUS = 1.3
# With fewer results than this, topics that have the words in different posts are added.
FEW = 20
# A word in this many topics is common; it is only looked for in topics that rarer words select.
COMMON = 500
RARE_WORDS = 3
# The minimum similarity of titles. Pairs of characters match less often than words, and have no trigrams.
LIKENESS, UNSPACED_LIKENESS = 0.35, 0.2


@dataclass(frozen=True, slots=True)
class Found:
    """A topic that matches a search, and its best post."""

    topic_id: int
    post_id: int
    rank: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Search results, best first, and the words that were left out."""

    query: Query
    found: Sequence[Found] = ()
    filters: search_filters.Resolved = field(default_factory=search_filters.Resolved)
    left_out: Sequence[str] = ()  # words that no topic has along with the others
    missing: Sequence[Term] = ()  # words that no topic has


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where to search: these categories, and the topics and posts that match the filters."""

    category_ids: list[int]
    filters: search_filters.Resolved = field(default_factory=search_filters.Resolved)

    def topics(self) -> TopicQuerySet:
        topics = Topic.objects.filter(category__any_of=self.category_ids).published()
        for tag_id in self.filters.tag_ids:
            topics = topics.filter(tags=tag_id)
        if self.filters.without_tag_ids:
            topics = topics.exclude(tags__in=self.filters.without_tag_ids)
        return topics

    def titles(self) -> TopicQuerySet:
        return self.topics().filter(self._by_authors())

    def posts(self) -> PostQuerySet:
        posts = Post.objects.published().filter(topic__in=self.topics()).under_parents_of(AnonymousUser())
        # An imported post with a byline is by someone else.
        by_account = Q(byline="") if self.filters.author_ids else Q()
        return posts.filter(self._by_authors(), by_account)

    def _by_authors(self) -> Q:
        wanted = Q(author__in=self.filters.author_ids) if self.filters.author_ids else Q()
        return (
            wanted & ~Q(author__in=self.filters.without_author_ids)
            if self.filters.without_author_ids
            else wanted
        )


def answer(reader: Reader, text: str) -> Answer:
    """Find topics by what people type: words, "quoted phrases", or, -without, tag:, user: and @names.

    All words must occur in the title or in one post; if few topics match, topics with the words in different posts
    follow. If no topic has them all, topics with the rarest words are returned, and the answer lists the words left
    out. If very many posts match, only the newest search_candidates.CANDIDATES are ranked.
    """
    query = search_query.parse(text)
    resolved = search_filters.resolve(reader, query.filters)
    within = _Scope(queries.visible_category_ids(reader), resolved)
    if resolved.unknown or not (query.groups or query.filters):
        return Answer(query, filters=resolved)
    if not query.groups:
        return Answer(query, _newest(within), resolved)
    found = _in_one_post(query.expression, within)
    if len(found) >= FEW or len(query.groups) > 1:
        return Answer(query, found, resolved)
    return _apart(Answer(query, found, resolved), within)


def _newest(scope: _Scope) -> list[Found]:
    """Return topics with these tags or with posts by these authors, newest first."""
    posts = scope.posts() if scope.filters.author_ids else scope.posts().filter(kind=Post.Kind.OPENING)
    first: dict[int, int] = {}
    for topic_id, post_id in posts.order_by("-pk").values_list("topic", "pk")[: search_candidates.CANDIDATES]:
        first.setdefault(topic_id, post_id)
    return [Found(topic_id, post_id, 0.0) for topic_id, post_id in first.items()][:RESULTS]


def _in_one_post(expression: str, scope: _Scope) -> list[Found]:
    """Return the topics in which the title or one post matches, best first."""
    if scope.filters.named:
        return _best_first(_ranked_posts(expression, scope), _ranked_titles(expression, scope))
    values: dict[str, Any] = {"query": expression, "category_ids": scope.category_ids}
    return _best_first(_posts_with()(**values), _titles_with()(**values))


def _best_first(*matches: Iterable[tuple[int, int, float]]) -> list[Found]:
    """Add up each topic's best rank in each of the matches; the best post comes from the first match."""
    posts: dict[int, int] = {}
    ranks: dict[int, float] = {}
    for rows in matches:
        in_one: set[int] = set()
        for topic_id, post_id, rank in rows:
            if topic_id not in in_one:
                in_one.add(topic_id)
                posts.setdefault(topic_id, post_id)
                ranks[topic_id] = ranks.get(topic_id, 0) + rank
    best = sorted(ranks, key=lambda topic_id: (-ranks[topic_id], -topic_id))[:RESULTS]
    return [Found(topic_id, posts[topic_id], ranks[topic_id]) for topic_id in best]


@cache
def _posts_with() -> Prepared[tuple[int, int, float]]:
    def build(query: str, category_ids: list[int]) -> models.QuerySet[Any, Any]:
        return _ranked_posts(query, _Scope(category_ids))

    return Prepared(build, keeps_plan=False)


@cache
def _titles_with() -> Prepared[tuple[int, int, float]]:
    def build(query: str, category_ids: list[int]) -> models.QuerySet[Any, Any]:
        return _ranked_titles(query, _Scope(category_ids))

    return Prepared(build, keeps_plan=False)


def _ranked_posts(expression: str, scope: _Scope, among: Sequence[int] = ()) -> models.QuerySet[Any, Any]:
    """Return posts that match, best first; accepted answers rank a little higher."""
    query = search_query.matching(expression)
    found = scope.posts().filter(search=query)
    if among:
        found = found.filter(topic__any_of=among)
    if among or scope.filters.named:
        posts = Post.objects.filter(pk__any_of=search_candidates.newest(found))
    else:
        posts = Post.objects.filter(pk__any_of=search_candidates.newest_posts(query, scope.topics()))
    bonus = models.Case(models.When(is_accepted=True, then=Value(ANSWER_BONUS)), default=Value(1.0))
    rank = SearchRank(F("search"), query, normalization=Value(1)) * bonus
    ranked = posts.annotate(rank=rank).order_by("-rank", "-pk")
    return ranked.values_list("topic_id", "pk", "rank")[: RESULTS * 3]


def _ranked_titles(expression: str, scope: _Scope, among: Sequence[int] = ()) -> models.QuerySet[Any, Any]:
    query = search_query.matching(expression)
    found = scope.titles().filter(search=query)
    if among:
        found = found.filter(pk__any_of=among)
    rows = Topic.objects.filter(pk__any_of=search_candidates.newest(found))
    # A subquery, so that PostgreSQL looks up the opening posts of the best only.
    opening = Post.objects.filter(topic=OuterRef("pk"), kind=Post.Kind.OPENING).values("pk")
    ranked = rows.annotate(rank=SearchRank(F("search"), query) * TITLE_WEIGHT).order_by("-rank", "-pk")
    return ranked.values_list("pk", Subquery(opening), "rank")[:RESULTS]


def _apart(answer: Answer, scope: _Scope) -> Answer:
    """Add topics that have the words in different posts; if none has all words, find those with the rarest."""
    terms = [term for term in answer.query.groups[0] if not term.excluded]
    excluded = [term for term in answer.query.groups[0] if term.excluded]
    if not answer.found:
        terms = [part for term in terms for part in (search_query.pieces(term) or [term])]
        terms = terms[: search_query.MAX_PIECES]
    if len(terms) > 1:
        terms = _without_stop_words(terms)
    if len(terms) < 2:
        return replace(answer, missing=() if answer.found else terms)
    topics = [_topics_with(term, scope) for term in terms]
    together, required = _most_together(topics, terms, scope, only_all=bool(answer.found))
    for term in excluded:
        together -= _topics_with(term, scope, together)
    earlier = {found.topic_id for found in answer.found}
    chosen = sorted(together - earlier, reverse=True)[:RESULTS]
    found = list(answer.found)
    if chosen:
        expression = search_query.any_of(terms[place].expression for place in required)
        ranked = _ranked_posts(expression, scope, chosen), _ranked_titles(expression, scope, chosen)
        found += _best_first(*ranked)
    if answer.found:
        return replace(answer, found=found[:RESULTS])
    left_out = _left_out(terms, required, answer.query.text) if found else []
    missing = [term for term, having in zip(terms, topics, strict=True) if not having]
    return replace(answer, found=found, left_out=left_out, missing=missing)


def _left_out(terms: Sequence[Term], required: set[int], text: str) -> list[str]:
    """Return the typed text of the terms that are not required; overlapping pieces are merged."""
    kept = {at for place in required for at in range(terms[place].start, terms[place].end)}
    left: list[str] = []
    end = -1
    for place, term in enumerate(terms):
        if place in required:
            continue
        for at in range(term.start, term.end):
            if at in kept or at < end:
                continue
            left = [*left[:-1], left[-1] + text[at]] if at == end and left else [*left, text[at]]
            end = at + 1
    return [word for word in (one.strip(".,;:!?\"'()") for one in left) if word]


def _most_together(
    topics: Sequence[set[int]], terms: Sequence[Term], scope: _Scope, *, only_all: bool
) -> tuple[set[int], set[int]]:
    """Return the topics with the most distinctive words, and the positions of these words among the terms.

    `topics` holds the topics of each term, at most COMMON. The rarer a word, the more distinctive it is.
    """
    present = sorted(
        (place for place, having in enumerate(topics) if having), key=lambda place: len(topics[place])
    )
    if only_all:
        candidates = set(topics[present[0]])
    else:
        candidates = set(chain.from_iterable(topics[place] for place in present[:RARE_WORDS]))
    candidates = set(sorted(candidates, reverse=True)[:RESULTS])
    words: dict[int, set[int]] = {topic_id: set() for topic_id in candidates}
    for place in present:
        having = topics[place]
        if len(having) >= COMMON:
            having = _topics_with(terms[place], scope, candidates)
        for topic_id in having & candidates:
            words[topic_id].add(place)
    if only_all:
        required = set(range(len(terms)))
    else:
        tells = {place: log(1 + COMMON / len(topics[place])) for place in present}
        required = max(
            words.values(), key=lambda places: sum(tells[place] for place in places), default=set()
        )
    return {topic_id for topic_id, places in words.items() if places >= required and places}, required


def _topics_with(term: Term, scope: _Scope, among: Iterable[int] | None = None) -> set[int]:
    """Return topics with this word in the title or a post: the newest COMMON posts and titles, or all `among` these."""
    if among is not None:
        matching = search_query.matching(term.expression)
        in_posts = (
            scope.posts().filter(search=matching, topic__any_of=list(among)).values_list("topic", flat=True)
        )
        in_titles = (
            scope.titles().filter(search=matching, pk__any_of=list(among)).values_list("pk", flat=True)
        )
        return {*in_posts.order_by().distinct(), *in_titles}
    if scope.filters.named:
        rows: Iterable[tuple[int]] = [
            *_newest_posts(term.expression, scope),
            *_newest_titles(term.expression, scope),
        ]
    else:
        values: dict[str, Any] = {"query": term.expression, "category_ids": scope.category_ids}
        rows = [*_topics_of_posts()(**values), *_topics_of_titles()(**values)]
    return {topic_id for (topic_id,) in rows}


def _newest_posts(expression: str, scope: _Scope) -> models.QuerySet[Any, tuple[int]]:
    posts = scope.posts().filter(search=search_query.matching(expression)).order_by("-pk")
    return posts.values_list("topic_id")[:COMMON]


def _newest_titles(expression: str, scope: _Scope) -> models.QuerySet[Any, tuple[int]]:
    titles = scope.titles().filter(search=search_query.matching(expression)).order_by("-pk")
    return titles.values_list("pk")[:COMMON]


@cache
def _topics_of_posts() -> Prepared[tuple[int]]:
    def build(query: str, category_ids: list[int]) -> models.QuerySet[Any, Any]:
        return _newest_posts(query, _Scope(category_ids))

    return Prepared(build, keeps_plan=False)


@cache
def _topics_of_titles() -> Prepared[tuple[int]]:
    def build(query: str, category_ids: list[int]) -> models.QuerySet[Any, Any]:
        return _newest_titles(query, _Scope(category_ids))

    return Prepared(build, keeps_plan=False)


def _without_stop_words(terms: Sequence[Term]) -> list[Term]:
    """Leave out the words that are not indexed, such as "the"."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT numnode(to_tsquery('english', expression))"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS typed(expression, i) ORDER BY i",
            [[term.expression for term in terms]],
        )
        return [term for term, (nodes,) in zip(terms, cursor.fetchall(), strict=True) if nodes]


def results(reader: Reader, query: Query, page: Sequence[Found]) -> list[Topic]:
    """Return one page of topics, in order, each with `headline`, `snippet` and `best_post`."""
    category_ids, post_ids = queries.visible_category_ids(reader), [found.post_id for found in page]
    rows = {post.topic_id: post for post in _found_posts()(category_ids=category_ids, post_ids=post_ids)}
    posts = [rows[found.topic_id] for found in page if found.topic_id in rows]
    titles = [post.topic.title for post in posts]
    # A title is found even if the opening post is hidden.
    bodies = [
        search_marks.bounded(" ".join(post.text.split())) if post.is_published else "" for post in posts
    ]
    marks = search_marks.marks(query, titles + bodies)
    for post, title, body, in_title, in_body in zip(
        posts, titles, bodies, marks, marks[len(titles) :], strict=False
    ):
        topic = post.topic
        topic.best_post = post if post.is_published else None  # type: ignore[attr-defined]
        topic.headline = search_marks.highlighted(title, in_title)  # type: ignore[attr-defined]
        topic.snippet = search_marks.snippet(body, in_body)  # type: ignore[attr-defined]
    return [post.topic for post in posts]


@cache
def _found_posts() -> Prepared[Post]:
    """Return posts of visible topics with their topics; opening posts even if hidden."""

    def build(category_ids: list[int], post_ids: list[int]) -> PostQuerySet:
        topics = Topic.objects.filter(category__any_of=category_ids).published()
        posts = Post.objects.filter(pk__any_of=post_ids, topic__in=topics).under_parents_of(AnonymousUser())
        related = posts.select_related("author", "topic__author", "topic__category")
        return related.defer("source", "search", "topic__search", *details("author", "topic__author"))

    return Prepared(build)


def similar(reader: Reader, title: str, *, limit: int = 5, besides: int | None = None) -> list[Topic]:
    """Return topics with similar titles; [] for fewer than two words."""
    ((_, whole, _),) = search_query.fold([title])
    words = list(dict.fromkeys(word for word in whole.split() if len(word) > 1))[:40]
    if len(words) < 2:
        return []
    any_word = search_query.matching(search_query.any_of(f"'{word}'" for word in words))
    likeness = TrigramWordSimilarity(title, "title")
    topics = (
        Topic.objects.visible_to(reader)
        .published()
        .filter(Q(search=any_word) | Q(title__trigram_word_similar=title))
        .annotate(
            likeness=SearchRank(F("search"), any_word) * 2 + likeness,
        )
        .filter(likeness__gt=UNSPACED_LIKENESS if IS_UNSPACED.search(whole) else LIKENESS)
        .select_related("category")
        .defer("search")
        .order_by("-likeness", "-is_solved", "-pk")
    )
    if besides is not None:
        topics = topics.exclude(pk=besides)
    return list(topics[:limit])
