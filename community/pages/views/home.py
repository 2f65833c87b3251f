from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from community.core import page_cache, rate_limits
from community.core.page_meta import PageMeta
from community.core.pagination import page_of
from community.core.rate_limits import RateLimited
from community.core.requests import is_person
from community.forum.people import find_people
from community.forum.services import activity_stats, searches
from community.members.models import Member
from community.members.requests import member_of
from community.members.rules import can_see_company, can_see_profile
from community.pages import home as home_page
from community.pages import profile as profile_page
from community.pages import search as search_page
from community.pages import todo
from community.pages.search import SearchPage

QUERY_LENGTH = 200
CARD_BADGES = 4


@require_safe
@page_cache.for_visitors
def home(request: HttpRequest) -> HttpResponse:
    """Show the home page."""
    now, reader = timezone.now(), request.user
    tagline = settings.SITE_TAGLINE
    about = tagline or _("Get help from customers who use our products and from the team that makes them.")
    since = reader.new_since(now) if isinstance(reader, Member) else None
    topics = home_page.topics(reader, since=since)
    context: dict[str, object] = {
        "meta": PageMeta(request.path, about),
        "tagline": tagline,
        "topics": topics,
        "writers": topics.writers(after=now - activity_stats.LATELY),
        "announcements": home_page.announcements(reader, now=now),
        "solved": home_page.solved(reader, now=now),
        "categories": home_page.categories(reader),
        "prospect_categories": home_page.prospect_categories(reader),
        "idea_categories": home_page.idea_categories(reader),
        "activity_stats": activity_stats.current(now=now),
        "could_answer": [],
    }
    if isinstance(reader, Member):
        context |= {
            "greeting": home_page.greeting(reader, now=now),
            "todos": todo.todos_of(reader),
            "could_answer": home_page.could_answer(reader),
        }
    return render(request, "pages/home.html", context)


@require_safe
@page_cache.for_visitors
def search(request: HttpRequest) -> HttpResponse:
    """Search topics and record members' searches."""
    text = _query(request)
    try:
        if text:
            is_member = request.user.is_authenticated
            rate_limits.hit(rate_limits.SEARCHES if is_member else rate_limits.VISITOR_SEARCHES, request)
    except RateLimited as error:
        refused = {"search": SearchPage(text), "rate_limited": error.sentence}
        response = render(request, "pages/search.html", refused)
        return rate_limits.set_retry_after(response, error.seconds)

    page = search_page.page_for(request, text)
    response = render(request, "pages/search.html", {"search": page, "rate_limited": ""})
    if isinstance(request.user, Member) and text and "page" not in request.GET and is_person(request):
        searches.record_search(request.user, query=text, results=page.total)
    return response


@require_safe
@login_required
@rate_limits.limited(rate_limits.SEARCHES)
def search_people(request: HttpRequest) -> HttpResponse:
    """Show the members with a name that starts with the text."""
    text = _query(request).removeprefix("@")
    page = page_of(request, find_people(text, reader=member_of(request))) if text else None
    return render(request, "pages/search_people.html", {"q": text, "page": page})


def _query(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:QUERY_LENGTH]


@require_safe
def profile(request: HttpRequest, username: str) -> HttpResponse:
    """Show one member: what they say of themselves, what they earned, and what the reader may read of theirs."""
    member = _member_or_404(request, username)
    tab = request.GET.get("tab", "")
    if tab not in profile_page.TABS:
        raise Http404(_("This page does not exist."))
    context = {
        "meta": PageMeta(
            member.get_absolute_url(),
            _("What %(name)s has asked, answered and discussed.") % {"name": member},
            kind="profile",
        ),
        "person": member,
        "tab": tab,
        "tabs": profile_page.TABS,
        "figures": profile_page.figures(member, request.user),
        "badges": profile_page.badges(member),
        "own": request.user == member,
        "sees_company": can_see_company(request.user, member),
        "waiting": profile_page.waiting(member) if request.user == member else [],
    }
    if tab:
        context["page"] = page_of(request, profile_page.tab_posts(member, request.user, tab))
    else:
        context["best"] = profile_page.best_answers(member, request.user)
        context["newest"] = profile_page.newest_topics(member, request.user)
    return render(request, "pages/profile.html", context)


@require_safe
@page_cache.for_visitors
def profile_card(request: HttpRequest, username: str) -> HttpResponse:
    """Who somebody is, in short; fetched when the reader points at their name in a post."""
    member = _member_or_404(request, username)
    context = {
        "person": member,
        "figures": profile_page.figures(member, request.user),
        "badges": profile_page.badges(member)[:CARD_BADGES],
    }
    return render(request, "pages/_person_card.html", context)


def _member_or_404(request: HttpRequest, username: str) -> Member:
    member: Member = get_object_or_404(Member.objects.select_related("company"), username__iexact=username)
    if not can_see_profile(request.user, member):
        raise Http404(_("This page does not exist."))
    return member


@require_safe
@login_required
def me(request: HttpRequest) -> HttpResponse:
    """Show links to the reader's own pages."""
    reader = member_of(request)
    context = {
        "figures": profile_page.figures(reader, reader),
        "badges": profile_page.badges(reader),
        "waiting": profile_page.waiting(reader),
        "todos": todo.todos_of(reader),
        "could_answer": home_page.could_answer(reader, number=3),
    }
    return render(request, "pages/me.html", context)
