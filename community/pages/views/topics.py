from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_safe

from community.core import page_cache, rate_limits
from community.core.page_meta import DESCRIPTION_LENGTH, PageMeta
from community.core.requests import is_person, whole_number
from community.forum import queries, search
from community.forum.forms.posts import blank_reply_form
from community.forum.models import Post, Topic
from community.forum.services import read_states, view_counts
from community.members.models import Member
from community.members.requests import member_of
from community.moderation import composer
from community.pages import topic as topic_page
from community.pages.structured_data import topic_data

from .common import post_or_404, topic_or_404


@require_safe
def topic_detail(request: HttpRequest, topic_id: int, slug: str) -> HttpResponse:
    """A page of a topic. Looking at it counts as a view, and as having read it for members."""
    response = _topic_detail(request, topic_id, slug)
    if response.status_code == 200 and is_person(request):
        member = request.user if isinstance(request.user, Member) else None
        view_counts.add(topic_id, visitor=_visitor(request, member), member=member)
    return response


@page_cache.for_visitors
def _topic_detail(request: HttpRequest, topic_id: int, slug: str) -> HttpResponse:
    topic = topic_page.find_topic(request.user, topic_id)
    if topic is None or topic.merged_into_id:
        return redirect(_successor(request, topic_id), permanent=True)
    if topic.slug != slug:
        return redirect(f"{topic.get_absolute_url()}{_query(request)}", permanent=True)
    page = topic_page.page_of(request, topic)
    page.first_unread = topic_page.first_unread(page)
    if request.user.is_authenticated and is_person(request):
        _mark_read(page, member_of(request))
    is_visitor = not request.user.is_authenticated
    context = {
        "meta": PageMeta(
            topic.get_absolute_url(),
            description=topic.excerpt[:DESCRIPTION_LENGTH] if page.number == 1 else "",
            kind="article",
            pages=page.pages,
            data=topic_data(page) if is_visitor else None,
        ),
        "page": page,
        "topic": topic,
        "reply_form": blank_reply_form(is_asker=page.is_asker),
        "rate_limit_sentences": composer.sentences(request.user, topic),
    }
    return render(request, "forum/topic_detail.html", context)


def _mark_read(page: topic_page.TopicPage, member: Member) -> None:
    before, number = topic_page.read_before(page.topic), topic_page.read_to(page)
    if before is None or before < number:
        read_states.mark_read(page.topic, member=member, number=number)


@require_safe
def topic_short(request: HttpRequest, topic_id: int) -> HttpResponse:
    """Redirect the short URL to the full one."""
    topic = topic_page.find_topic(request.user, topic_id)
    if topic is None or topic.merged_into_id:
        return redirect(_successor(request, topic_id), permanent=True)
    return redirect(f"{topic.get_absolute_url()}{_query(request)}", permanent=True)


@require_safe
@login_required
def topic_unread(request: HttpRequest, topic_id: int) -> HttpResponse:
    """Redirect to the first unread post, or the one after `?after=`."""
    topic = topic_or_404(request, topic_id)
    after = whole_number(request.GET.get("after", ""), digits=8)
    if after is None:
        after = topic_page.read_before(topic) or 0
    post = queries.first_unread(request.user, topic, after=after)
    return redirect(_place(request, post, topic) if post else topic.get_absolute_url())


@require_safe
@page_cache.for_visitors
def topic_similar(request: HttpRequest, topic_id: int) -> HttpResponse:
    """Topics about much the same, fetched by the page once it is shown."""
    topic = topic_or_404(request, topic_id)
    found = search.similar(request.user, topic.title, besides=topic.pk)
    return render(request, "forum/_similar_topics.html", {"similar": found})


@require_safe
def post_permalink(request: HttpRequest, post_id: int) -> HttpResponse:
    """Redirect to the post's current page (302: it can move)."""
    post = post_or_404(request, post_id)
    return redirect(_place(request, post, post.topic))


def _query(request: HttpRequest) -> str:
    query = request.META.get("QUERY_STRING", "")
    return f"?{query}" if query else ""


def _place(request: HttpRequest, post: Post, topic: Topic) -> str:
    number = queries.page_number(request.user, post, topic)
    query = f"?page={number}" if number > 1 else ""
    return f"{topic.get_absolute_url()}{query}#p{post.pk}"


def _successor(request: HttpRequest, topic_id: int) -> Topic:
    """Return the topic this was merged into. Raises Http404 if there is none."""
    topic = queries.successor(request.user, topic_id)
    if topic is None:
        raise Http404
    return topic


def _visitor(request: HttpRequest, member: Member | None) -> str:
    """Return the member, or a keyed hash of the network; anything else a visitor can change for each view."""
    if member:
        return f"m{member.pk}"
    network = rate_limits.network(request.META.get("REMOTE_ADDR", ""))
    return salted_hmac(__name__, network, algorithm="sha256").hexdigest()[:24]
