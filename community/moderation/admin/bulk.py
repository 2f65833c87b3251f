"""Admin actions that apply one decision to many items of the review queue."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from community.core.permissions import require
from community.members.requests import member_of
from community.moderation import review_page, rules
from community.moderation.dashboard import QUEUE
from community.moderation.forms.staff import BulkForm
from community.moderation.models import ReviewItem
from community.moderation.services import reviews
from community.moderation.services.review_queue import Conflict
from community.moderation.services.reviews import Decision


class BulkDecisions:
    """Bulk actions of the list. Both open a page that shows the chosen items and asks for a reason."""

    admin_site: Any
    opts: Any

    @admin.action(description=gettext_lazy("Approve selected posts"))
    def keep_selected(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> HttpResponse | None:
        return self._confirm(request, queryset, Decision.KEEP)

    @admin.action(description=gettext_lazy("Reject selected posts (hides them)"))
    def hide_selected(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> HttpResponse | None:
        return self._confirm(request, queryset, Decision.HIDE)

    def get_urls(self) -> list[URLPattern]:
        bulk = self.admin_site.admin_view(self.bulk_view)
        return [path("bulk/", bulk, name="moderation_reviewitem_bulk"), *super().get_urls()]  # type: ignore[misc]

    def _confirm(
        self, request: HttpRequest, queryset: QuerySet[ReviewItem], verdict: str
    ) -> HttpResponse | None:
        chosen = queryset.open().exclude(kind=ReviewItem.Kind.APPEAL)  # type: ignore[attr-defined]
        items = list(chosen.exclude(member=request.user.pk).select_related("post__topic", "member"))
        if not items:
            messages.warning(
                request,
                _(
                    "None of these can be decided together. Decide appeals one at a time, and leave your own posts to others."
                ),
            )
            return None
        versions = " ".join(f"{item.pk}:{item.version}" for item in items)
        rule = review_page.shared_rule(items)
        form = BulkForm(initial={"post": verdict, "items": versions, "rule": rule})
        return self._page(request, form, items, verdict)

    def _page(
        self, request: HttpRequest, form: BulkForm, items: list[ReviewItem], verdict: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Approve these posts") if verdict == Decision.KEEP else _("Reject these posts"),
            "items": items,
            "form": form,
            "verdict": verdict,
            "action": reverse("admin:moderation_reviewitem_bulk"),
            "queue": reverse(QUEUE),
        }
        return TemplateResponse(
            request, "admin/moderation/bulk.html", context, status=422 if form.errors else 200
        )

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Apply the decision to each item separately, so that a conflict on one does not stop the others."""
        moderator = member_of(request)
        require(rules.can_moderate(moderator), _("Only moderators can open the review queue."))
        form = BulkForm(request.POST)
        if not form.is_valid():
            items = self._items(form.cleaned_data.get("items") or {})
            return self._page(request, form, items, request.POST.get("post", Decision.KEEP))
        decision, done = form.decision(), 0
        for item in self._items(form.cleaned_data["items"]):
            done += self._decide(request, item, form.cleaned_data["items"][item.pk], decision)
        if done:
            messages.success(
                request,
                ngettext("Decision saved for %(n)d post.", "Decision saved for %(n)d posts.", done)
                % {"n": done},
            )
        return redirect(QUEUE)

    def _items(self, versions: dict[int, int]) -> list[ReviewItem]:
        return list(ReviewItem.objects.filter(pk__in=versions).select_related("post__topic", "member"))

    def _decide(self, request: HttpRequest, item: ReviewItem, version: int, decision: Decision) -> int:
        moderator = member_of(request)
        what = item.post.topic if item.post else item
        if item.member_id == moderator.pk or (
            decision.person and not rules.can_sanction(moderator, item.member)
        ):
            messages.error(request, _("You cannot decide about “%(what)s”.") % {"what": what})
            return 0
        try:
            reviews.decide(item, actor=moderator, version=version, decision=decision)
        except Conflict as conflict:
            messages.error(request, f"“{what}”: {conflict}")
            return 0
        return 1
