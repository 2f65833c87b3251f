from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community.core.admin_base import MODERATORS, BaseAdmin, action, display
from community.core.permissions import require
from community.core.requests import whole_number
from community.members.models import Member
from community.members.requests import member_of
from community.moderation import review_page, rules
from community.moderation.forms.staff import SanctionForm
from community.moderation.models import Flag, ReviewItem, Sanction
from community.moderation.services import sanctions

from .decisions import CANNOT_SANCTION


class InForceFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("in_force", gettext_lazy("Active")), ("lifted", gettext_lazy("Lifted"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sanction]) -> QuerySet[Sanction]:
        if self.value() == "in_force":
            return queryset.filter(pk__in=Sanction.objects.in_force())
        return queryset.filter(lifted_at__isnull=False) if self.value() == "lifted" else queryset


@admin.register(Sanction)
class SanctionAdmin(BaseAdmin):
    """Warnings, silences and suspensions. Each needs a reason and can be lifted, but not edited."""

    added_by = MODERATORS
    view_on_site = False  # only the member can open it
    list_display = (
        "member",
        "kind_shown",
        "rule",
        "reason",
        "starts_at",
        "ends_at",
        "state_shown",
        "given_by",
    )
    list_filter = (InForceFilter, "kind", "rule", "is_strike")
    search_fields = ("member__username", "member__display_name", "reason")
    list_select_related = ("member", "given_by")
    actions = ("lift_selected",)
    readonly_fields = (
        "member",
        "kind",
        "rule",
        "reason",
        "message",
        "post",
        "starts_at",
        "ends_at",
        "given_by",
        "is_strike",
        "lifted_at",
        "lifted_by",
        "lift_reason",
    )

    @display(
        description=gettext_lazy("What"),
        ordering="kind",
        label={"warning": "info", "silence": "warning", "suspension": "danger"},
    )
    def kind_shown(self, sanction: Sanction) -> tuple[str, str]:
        return sanction.kind, sanction.get_kind_display()

    @display(description=gettext_lazy("State"))
    def state_shown(self, sanction: Sanction) -> str:
        return sanction.state

    @admin.action(description=gettext_lazy("Lift (they no longer count as strikes)"), permissions=["add"])
    def lift_selected(self, request: HttpRequest, queryset: QuerySet[Sanction]) -> None:
        moderator = member_of(request)
        for sanction in queryset.select_related("member"):
            if rules.can_sanction(moderator, sanction.member):
                sanctions.lift(sanction, actor=moderator, reason=_("A moderator reviewed it again."))
            else:
                messages.error(request, CANNOT_SANCTION)
        messages.success(request, _("The sanctions have been lifted and the members notified."))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Warn, silence or suspend the member given by the `member` parameter."""
        require(self.has_add_permission(request), _("Only moderators can do this."))
        moderator = member_of(request)
        if "member" not in request.GET:
            messages.info(request, _("Open the member you want to warn, silence or suspend."))
            return redirect("admin:members_member_changelist")
        members = Member.objects.select_related("company")
        member = get_object_or_404(members, pk=whole_number(request.GET.get("member", "")) or 0)
        require(rules.can_sanction(moderator, member), CANNOT_SANCTION)
        form = SanctionForm(request.POST or None)
        if form.is_bound and form.is_valid():
            data = form.cleaned_data
            sanctions.impose(
                member,
                actor=moderator,
                kind=data["person"],
                rule=data["rule"],
                reason=data["reason"],
                message=data["message"],
                ends_at=data["ends_at"],
            )
            messages.success(request, _("%(name)s has been notified.") % {"name": member})
            return redirect("admin:members_member_change", member.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Warn, silence or suspend"),
            "form": form,
            "author": review_page.summarize_member(member),
            "panels": review_page.other_panels(member, request),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/moderation/sanction.html", context, status=status)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Sanctions are read-only; lifting them is an action of the list."""
        return False


@admin.register(Flag)
class FlagAdmin(BaseAdmin):
    """Read-only: who flagged what, and how each flag's weight was calculated."""

    list_display = ("post_title", "member", "reason_shown", "text", "sum", "status_shown", "created_at")
    list_filter = ("status", "reason", ("created_at", admin.DateFieldListFilter))
    search_fields = ("member__username", "member__display_name", "text", "post__source", "post__topic__title")
    list_select_related = ("post__topic", "member")
    date_hierarchy = "created_at"
    actions_detail = ("open_review",)

    @display(description=gettext_lazy("Post"))
    def post_title(self, flag: Flag) -> str:
        return str(flag.post.topic)

    @display(
        description=gettext_lazy("Reason"), label={"illegal": "danger", "spam": "warning"}, ordering="reason"
    )
    def reason_shown(self, flag: Flag) -> tuple[str, str]:
        return flag.reason, flag.get_reason_display()

    @display(description=gettext_lazy("Weight"), ordering="weight")
    def sum(self, flag: Flag) -> str:
        return flag.arithmetic

    @display(
        description=gettext_lazy("State"), label={"upheld": "success", "declined": "info", "open": "warning"}
    )
    def status_shown(self, flag: Flag) -> tuple[str, str]:
        return flag.status, flag.get_status_display()

    @action(description=gettext_lazy("Open in the review queue"), url_path="review")
    def open_review(self, request: HttpRequest, object_id: int) -> HttpResponse:
        flag = get_object_or_404(Flag, pk=object_id)
        item = (
            ReviewItem.objects.filter(post=flag.post_id, kind=ReviewItem.Kind.FLAGGED).order_by("-pk").first()
        )
        if item is None:
            return redirect("admin:moderation_flag_changelist")
        return redirect("admin:moderation_reviewitem_change", item.pk)
