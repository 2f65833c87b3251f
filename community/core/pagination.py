"""Real pages: `?page=N`, twenty to a page."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from .requests import whole_number

PER_PAGE = 20


class SupportsSlices(Protocol):
    """What can be asked for one page at a time; its length must be known from elsewhere."""

    def __getitem__(self, wanted: slice, /) -> Sequence[Any]: ...


class CountedPaginator(Paginator):  # type: ignore[type-arg]
    """A paginator that takes the total from a counter we already keep, when there is one."""

    total: int | None = None

    @cached_property
    def count(self) -> int:
        return super().count if self.total is None else self.total


def page_of(
    request: HttpRequest,
    rows: QuerySet[Any] | Sequence[Any] | SupportsSlices,
    *,
    per_page: int = PER_PAGE,
    total: int | None = None,
) -> Page[Any]:
    """The page that `?page=` asks for, the first by default.

    Lists shrink when things are moved or deleted, so a number beyond the end gives the last page;
    what is not a number at all, or below 1, is a mistyped address: Http404. `total` saves the count query.
    """
    paginator = CountedPaginator(rows, per_page)  # type: ignore[arg-type]
    paginator.total = total
    asked = request.GET.get("page", "1")
    number = whole_number(asked, digits=9)
    if not number:
        raise Http404(_("There is no page “%(page)s”.") % {"page": asked[:20]})
    return paginator.page(min(number, paginator.num_pages))
