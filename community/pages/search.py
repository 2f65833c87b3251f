"""The search page: results, words left out, and suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.paginator import Page
from django.http import HttpRequest
from django.urls import reverse

from community.core.pagination import page_of
from community.forum import search, search_suggestions
from community.forum.models import Topic
from community.forum.search_filters import Unknown

if TYPE_CHECKING:
    from community.forum.search import Found
    from community.forum.search_query import Filter


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another search; `text` is its query or a name."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A tag or author that limits the results, and the search without it."""

    filter: Filter
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A tag or author that does not exist, and the search with the nearest one."""

    filter: Filter
    nearest: Link | None


@dataclass(frozen=True)
class SearchPage:
    """A search as the template needs it."""

    q: str
    total: int = 0
    page: Page[Found] | None = None
    topics: Sequence[Topic] = ()
    chips: Sequence[Chip] = ()
    unknown: Sequence[UnknownName] = ()
    left_out: Sequence[str] = ()
    suggestion: Link | None = None
    similar: Sequence[Topic] = field(default=())

    @property
    def is_limited(self) -> bool:
        return self.total == search.RESULTS


def page_for(request: HttpRequest, text: str) -> SearchPage:
    """Search for the text and return one page of results."""
    if not text:
        return SearchPage(text)
    reader = request.user
    answer = search.answer(reader, text)
    page = page_of(request, answer.found)
    suggestion = search_suggestions.did_you_mean(reader, answer) if answer.missing else ""
    filters = answer.filters
    return SearchPage(
        text,
        total=len(answer.found),
        page=page,
        topics=search.results(reader, answer.query, list(page.object_list)) if answer.found else [],
        chips=[
            Chip(one.filter, one.name, _address(answer.query.without(one.filter))) for one in filters.named
        ],
        unknown=[UnknownName(one.filter, _nearest(answer, one)) for one in filters.unknown],
        left_out=list(dict.fromkeys(answer.left_out)),
        suggestion=Link(suggestion, _address(suggestion)) if suggestion else None,
        similar=[] if answer.found or answer.query.filters else search.similar(reader, text),
    )


def _address(text: str) -> str:
    return f"{reverse('pages:search')}?{urlencode({'q': text})}" if text else reverse("pages:search")


def _nearest(answer: search.Answer, unknown: Unknown) -> Link | None:
    if not unknown.nearest:
        return None
    sign = "-" * unknown.filter.excluded
    name = f'"{unknown.nearest}"' if " " in unknown.nearest else unknown.nearest
    return Link(
        unknown.nearest, _address(answer.query.without(unknown.filter, f"{sign}{unknown.filter.name}:{name}"))
    )
