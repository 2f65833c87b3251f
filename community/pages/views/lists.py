from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from community.core import page_cache
from community.core.page_meta import DESCRIPTION_LENGTH, PageMeta
from community.core.pagination import page_of
from community.forum import lists, queries, rules
from community.forum.lists import Period, Sort
from community.forum.models import Category, Tag
from community.members.models import Member
from community.prospects import voices

# Maximum pinned topics above a list.
PINNED = 20
# For search engines and link previews.
_ABOUT = {
    Sort.LATEST: gettext_lazy("Questions, discussions and ideas, those with the latest replies first."),
    Sort.HOT: gettext_lazy(
        "The questions, discussions and ideas that members talk about most at the moment."
    ),
    Sort.TOP: gettext_lazy("The questions, discussions and ideas with the most votes, replies and readers."),
    Sort.UNANSWERED: gettext_lazy("Questions that are still waiting for an answer."),
}


@require_safe
@page_cache.for_visitors
def latest(request: HttpRequest) -> HttpResponse:
    return _front(request, Sort.LATEST)


@require_safe
@page_cache.for_visitors
def hot(request: HttpRequest) -> HttpResponse:
    return _front(request, Sort.HOT)


@require_safe
@page_cache.for_visitors
def top(request: HttpRequest) -> HttpResponse:
    return _front(request, Sort.TOP)


@require_safe
@page_cache.for_visitors
def unanswered(request: HttpRequest) -> HttpResponse:
    return _front(request, Sort.UNANSWERED)


@require_safe
@page_cache.for_visitors
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """A category's topics and those of its children; pinned ones stand first."""
    tree = lists.category_tree(request.user)
    everything = [one for top_one in tree for one in (top_one, *_children(top_one))]
    found = next((one for one in everything if one.slug == slug), None)
    if found is None:
        raise Http404(_("This category does not exist."))
    within = [found, *_children(found)]
    sort = _choice(request, "sort", Sort, Sort.LATEST)
    context = _rows(request, sort, within, pinned="pinned")
    parent = next((one for one in tree if one.pk == found.parent_id), None)
    can_create = rules.can_begin_in(request.user, found)
    context |= {"category": found, "parent": parent, "tree": tree, "can_create": can_create}
    forum = voices.forum_of(found) if found.kind == Category.Kind.PROSPECT else None
    questions = voices.questions_of([*context["pinned"], *context["page"]], [forum]) if forum else []
    context |= {"forum": forum, "questions": questions}
    context["meta"] = _meta(request, context, found.get_absolute_url(), found.description)
    return render(request, "forum/category.html", context)


@require_safe
@page_cache.for_visitors
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Tag.objects.visible_to(request.user), slug=slug)
    sort = _choice(request, "sort", Sort, Sort.LATEST)
    context = _rows(request, sort, queries.visible_categories(request.user), tag=found)
    context |= {"tag": found, "tree": lists.category_tree(request.user)}
    about = found.description or _("Questions and discussions about “%(tag)s”.") % {"tag": found.name}
    context["meta"] = _meta(request, context, found.get_absolute_url(), about)
    return render(request, "forum/tag.html", context)


@require_safe
@page_cache.for_visitors
def tags(request: HttpRequest) -> HttpResponse:
    """Every tag that is on a topic the reader may see, and on how many of those."""
    used = Tag.objects.filter(topics__in=lists.readable(request.user)).annotate(seen=Count("topics"))
    page = page_of(request, used.order_by("-seen", "name"), per_page=100)
    meta = PageMeta(reverse("forum:tags"), _("All tags, most used first."), pages=page)
    return render(request, "forum/tags.html", {"page": page, "meta": meta})


def _front(request: HttpRequest, sort: Sort) -> HttpResponse:
    context = _rows(request, sort, queries.visible_categories(request.user), pinned="pinned everywhere")
    context["tree"] = lists.category_tree(request.user)
    context["meta"] = _meta(request, context, request.path, str(_ABOUT[sort]))
    return render(request, "forum/topic_list.html", context)


def _meta(request: HttpRequest, context: dict[str, Any], path: str, description: str = "") -> PageMeta:
    """Return the metadata of a list page; every sort order counts as the same list."""
    is_usual = not {"sort", "period"} & set(request.GET)
    return PageMeta(path, description[:DESCRIPTION_LENGTH], pages=context["page"] if is_usual else None)


def _rows(
    request: HttpRequest, sort: str, within: Sequence[Category], *, pinned: str = "", tag: Tag | None = None
) -> dict[str, Any]:
    """One page of a list; pinned topics stand above the latest and the hot ones and are not repeated."""
    category_ids = [one.pk for one in within]
    period = _choice(request, "period", Period, Period.MONTH)
    is_whole = sort in (Sort.LATEST, Sort.HOT) and tag is None
    above = queries.TopicRows(request.user, pinned, category_ids)[:PINNED] if pinned and is_whole else []
    rows = queries.TopicRows(
        request.user,
        sort,
        category_ids,
        without=[topic.pk for topic in above],
        tag_id=tag.pk if tag else None,
        since=lists.start_of(period) if sort == Sort.TOP else None,
    )
    total = sum(one.topic_count for one in within) - len(above) if is_whole else None
    page = page_of(request, rows, total=total)
    since = request.user.new_since(timezone.now()) if isinstance(request.user, Member) else None
    return {
        "page": page,
        "since": since,
        # How many topics of the page stand above the line of the last visit.
        "new": sum(topic.bumped_at > since for topic in page.object_list) if since else 0,
        "category": None,
        "pinned": above if page.number == 1 else [],
        "sort": sort,
        "sorts": Sort,
        "period": period,
        "periods": Period,
    }


def _choice(request: HttpRequest, name: str, choices: type[Sort] | type[Period], default: str) -> str:
    asked = request.GET.get(name, default)
    return asked if asked in choices.values else default


def _children(one: Category) -> list[Category]:
    children: list[Category] = getattr(one, "children_seen", [])
    return children
