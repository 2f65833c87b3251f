from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from community.core.admin_base import MODERATORS, BaseAdmin, display
from community.core.ago import phrase
from community.core.permissions import require
from community.core.text import excerpt
from community.forum.services import rendering
from community.members.models import Member
from community.members.requests import member_of
from community.moderation import review_page, rules
from community.moderation.dashboard import QUEUE
from community.moderation.forms.staff import AppealDecisionForm, DecisionForm
from community.moderation.models import Policy, ReviewItem
from community.moderation.services.review_queue import Conflict

from .bulk import BulkDecisions
from .decisions import handle_post


class StateFilter(admin.SimpleListFilter):
    """Filter by state; shows waiting items by default."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("mine", _("Assigned to me")),
            ("free", _("Unassigned")),
            ("closed", _("Decided")),
            ("all", _("All")),
        ]

    def choices(self, changelist: Any) -> Any:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("Waiting"),
        }
        for value, text in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": text,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        if self.value() == "all":
            return queryset
        if self.value() == "closed":
            return queryset.filter(closed_at__isnull=False)
        waiting = queryset.filter(closed_at__isnull=True)
        if self.value() == "mine":
            return waiting.filter(claimed_by=request.user.pk)
        return waiting.filter(claimed_by=None) if self.value() == "free" else waiting


PRIORITIES = {
    ReviewItem.Priority.HIGH: "danger",
    ReviewItem.Priority.MEDIUM: "warning",
    ReviewItem.Priority.LOW: "info",
}


@admin.register(ReviewItem)
class ReviewItemAdmin(BulkDecisions, BaseAdmin):
    """The review queue. Each item opens on a page with the post in context and the decision form."""

    changed_by = MODERATORS
    list_display = ("what", "why", "priority_shown", "weight", "author", "waits_since")
    sortable_by = ()
    list_display_links = ("what",)
    list_filter = (StateFilter, "kind", "priority", "outcome", "post__topic__category")
    list_before_template = "admin/moderation/queue_tabs.html"
    empty_template = "admin/moderation/queue_empty.html"
    search_fields = ("post__source", "post__topic__title", "member__username", "member__display_name", "text")
    list_select_related = ("post__topic__category", "member", "claimed_by")
    list_per_page = 30
    list_disable_select_all = True
    ordering = ("-priority", "created_at", "pk")
    actions = ("keep_selected", "hide_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewItem]:
        return super().get_queryset(request).order_by("-priority", "created_at", "pk")

    @display(description=_("What"))
    def what(self, item: ReviewItem) -> SafeString:
        text = item.text if item.kind == ReviewItem.Kind.APPEAL else (item.post.text if item.post else "")
        title = item.post.topic.title if item.post else item.reason
        return format_html(
            '<span class="admin-what"><b>{}</b><span>{}</span></span>',
            Truncator(title).chars(70),
            Truncator(excerpt(text)).chars(110),
        )

    @display(description=_("Reason"))
    def why(self, item: ReviewItem) -> SafeString:
        return format_html(
            '<span class="admin-what"><b>{}</b><span>{}</span></span>',
            item.get_kind_display(),
            Truncator(item.reason).chars(60),
        )

    @display(description=_("Priority"), label=PRIORITIES)
    def priority_shown(self, item: ReviewItem) -> tuple[int, Any]:
        return item.priority, item.get_priority_display()

    @display(description=_("Flag weight"))
    def weight(self, item: ReviewItem) -> str:
        if not item.score:
            return "–"
        return f"{item.score.normalize():f} of {self._limit:f}"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self._limit = Policy.current().hide_at.normalize()
        return super().changelist_view(request, extra_context)

    @display(description=_("Author"))
    def author(self, item: ReviewItem) -> str:
        return str(item.member)

    @display(description=_("Since"))
    def waits_since(self, item: ReviewItem) -> SafeString:
        since = phrase(item.closed_at or item.created_at, now=timezone.now())
        if item.closed_at:
            note = item.get_outcome_display()
        else:
            note = _("Assigned to %(name)s") % {"name": item.claimed_by} if item.claimed_by else ""
        return format_html('<span class="admin-since"><b>{}</b><span>{}</span></span>', since, note)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show one item with its context, or apply the moderator's decision."""
        require(self.has_change_permission(request), str(_("Only moderators can open the review queue.")))
        items = ReviewItem.objects.select_related(
            "post__topic__category",
            "post__author",
            "member__company",
            "sanction__given_by",
            "claimed_by",
            "closed_by",
        )
        item = get_object_or_404(items, pk=object_id)
        moderator = member_of(request)
        form = self._form(request, item)
        if request.method == "POST":
            try:
                if handle_post(request, item, form):
                    return self._redirect_to_next(item, moderator)
            except Conflict as conflict:
                messages.error(request, str(conflict))
                return redirect(request.path)
        context = self._context(request, item, form)
        return TemplateResponse(
            request, "admin/moderation/review.html", context, status=422 if form.errors else 200
        )

    def _form(self, request: HttpRequest, item: ReviewItem) -> DecisionForm | AppealDecisionForm:
        data = request.POST if request.POST.get("act") == "decide" else None
        if item.kind == ReviewItem.Kind.APPEAL:
            return AppealDecisionForm(data, initial={"version": item.version})
        initial = {
            "version": item.version,
            "source": rendering.editable_source(item.post) if item.post else "",
            "rule": review_page.likely_rule(item.post),
        }
        return DecisionForm(data, initial=initial, is_held=item.kind == ReviewItem.Kind.HELD)

    def _context(self, request: HttpRequest, item: ReviewItem, form: Any) -> dict[str, Any]:
        moderator = member_of(request)
        return {
            **self.admin_site.each_context(request),
            **review_page.context_of(item),
            "opts": self.opts,
            "title": item.get_kind_display(),
            "form": form,
            "panels": review_page.other_panels(item.member, request),
            "is_own": item.member_id == moderator.pk,
            "can_sanction": rules.can_sanction(moderator, item.member),
            "team": Member.objects.moderators().filter(is_active=True).order_by("display_name"),
            "queue": reverse(QUEUE),
        }

    def _redirect_to_next(self, item: ReviewItem, moderator: Member) -> HttpResponse:
        """Redirect to the next item, or back to this one while it is open."""
        if ReviewItem.objects.open().filter(pk=item.pk).exists():
            return redirect("admin:moderation_reviewitem_change", item.pk)
        following = review_page.next_after(item, moderator)
        if following is None:
            return redirect(QUEUE)
        return redirect("admin:moderation_reviewitem_change", following.pk)
