from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from community.badges.models import Award, Badge
from community.badges.services.progress import Progress, progress_of
from community.core.page_meta import PageMeta
from community.core.pagination import page_of
from community.forum.models import Post
from community.moderation.active_sanctions import suspended


@dataclass(frozen=True)
class Row:
    """A badge in the list, with the reader's awards and progress."""

    badge: Badge
    earned: int
    progress: Progress | None


@require_safe
def badge_list(request: HttpRequest) -> HttpResponse:
    """Show all badges by series, with their holders and the reader's progress."""
    badges = Badge.objects.active().with_holders(excluding=suspended(timezone.now()))
    reader = request.user
    mine = Award.objects.numbers_of(reader) if reader.is_authenticated else {}
    progress: dict[str, Progress] = {}
    if reader.is_authenticated and not reader.is_team:
        progress = progress_of(reader, [badge for badge in badges if badge.pk not in mine])
    rows = [
        Row(badge, mine.get(badge.pk, 0), progress.get(badge.slug))
        for badge in badges
        if badge.source == Badge.Source.OURS or badge.holder_count  # type: ignore[attr-defined]
    ]
    series = [
        {"name": name, "rows": [row for row in rows if row.badge.series == key]}
        for key, name in Badge.Series.choices
    ]
    meta = PageMeta(request.path, _("Earn badges for helping others and taking part. Badges never expire."))
    context = {"meta": meta, "series": series, "earned": len(mine), "total": len(rows)}
    return render(request, "badges/badge_list.html", context)


@require_safe
def badge_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one badge and its holders, newest first, with the posts that the reader may see."""
    without = suspended(timezone.now())
    badge = get_object_or_404(Badge.objects.active().with_holders(excluding=without), slug=slug)
    awards = (
        badge.awards.public(excluding=without)
        .select_related("member", "member__company")
        .order_by("-awarded_at", "-pk")
    )
    page = page_of(request, awards, per_page=30)
    ids = [award.post_id for award in page if award.post_id]
    posts = Post.objects.visible_to(request.user).select_related("topic").in_bulk(ids)
    rows = [(award, posts.get(award.post_id)) for award in page]
    own = None
    if request.user.is_authenticated:
        own = Award.objects.of_member(request.user).filter(badge=badge).first()
    return render(
        request, "badges/badge_detail.html", {"badge": badge, "page": page, "rows": rows, "own": own}
    )
