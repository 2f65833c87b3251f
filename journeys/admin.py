from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community.core.admin_base import MANAGERS, BaseAdmin, action, display
from community.members.models import Member
from community.members.requests import member_of

from .models import Override, Ruleset, StageHistory
from .services import overrides, rulesets

TONES = {Ruleset.Status.LIVE: "success", Ruleset.Status.DRAFT: "info", Ruleset.Status.RETIRED: "default"}


class RulesetForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Ruleset
        fields = ("rules", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.initial.setdefault("rules", rulesets.live_ruleset().rules)

    def clean_rules(self) -> dict[str, Any]:
        rules: dict[str, Any] = self.cleaned_data["rules"]
        if not isinstance(rules, dict):
            raise ValidationError(_("The rules must be a JSON object, in braces."))
        if problems := rulesets.problems_of(rules):
            raise ValidationError(problems)
        return rules


@admin.register(Ruleset)
class RulesetAdmin(BaseAdmin):
    """Versions of the stage rules. Only drafts can be edited; published versions are read-only."""

    form = RulesetForm
    seen_by = added_by = changed_by = MANAGERS
    list_display = ("version", "status_shown", "note", "published_at", "published_by")
    list_select_related = ("published_by",)
    actions_detail = ("publish",)

    def get_readonly_fields(self, request: HttpRequest, obj: Ruleset | None = None) -> tuple[str, ...]:
        fields = ("version", "status", "published_at", "published_by")
        return fields if obj is None or obj.status == Ruleset.Status.DRAFT else (*fields, "rules")

    def get_fields(self, request: HttpRequest, obj: Ruleset | None = None) -> tuple[str, ...]:
        publication = ("version", "status", "published_at", "published_by") if obj else ()
        return ("note", "rules", *publication)

    @display(description=gettext_lazy("Status"), label=TONES, ordering="status")
    def status_shown(self, ruleset: Ruleset) -> tuple[str, str]:
        return ruleset.status, ruleset.get_status_display()

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.version = rulesets.next_version()
        super().save_model(request, obj, form, change)

    @action(description=gettext_lazy("Publish"), url_path="publish", permissions=["change"], icon="publish")
    def publish(self, request: HttpRequest, object_id: int) -> HttpResponse:
        ruleset = get_object_or_404(Ruleset, pk=object_id)
        if request.method != "POST":
            # The button is a link, and any post can contain a link or an image: ask for confirmation first.
            context = {**self.admin_site.each_context(request), "opts": self.opts, "ruleset": ruleset}
            return TemplateResponse(request, "admin/journeys/publish.html", context)
        try:
            rulesets.publish_ruleset(ruleset, actor=member_of(request))
        except ValueError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Version published. All journeys are being recalculated."))
        return redirect("admin:journeys_ruleset_change", object_id)


class OverrideForm(forms.ModelForm):  # type: ignore[type-arg]
    days = forms.IntegerField(
        min_value=1,
        max_value=Override.MOST_DAYS,
        initial=Override.DEFAULT_DAYS,
        help_text=gettext_lazy("After that, the calculated stage is shown again. At most 180."),
    )

    class Meta:
        model = Override
        fields = ("member", "stage", "mode", "reason")

    def clean_member(self) -> Member:
        member: Member = self.cleaned_data["member"]
        if member.is_team:
            raise ValidationError(_("Team members have no stage."))
        return member


@admin.register(Override)
class OverrideAdmin(BaseAdmin):
    """Stages set manually, each with a reason and an expiry date. Not editable: set a new one instead."""

    form = OverrideForm
    seen_by = added_by = MANAGERS
    list_display = ("member", "stage", "mode", "reason", "set_by", "starts_on", "expires_on", "cleared_at")
    list_filter = ("stage", "mode", ("cleared_at", admin.EmptyFieldListFilter))
    list_select_related = ("member", "set_by")
    search_fields = ("member__username", "member__display_name", "reason")
    raw_id_fields = ("member",)
    ordering = ("-starts_on", "-id")
    actions = ("clear_selected",)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Use the service, which records the event and the audit entry."""
        data = form.cleaned_data
        override = overrides.set_override(
            data["member"],
            stage=data["stage"],
            mode=data["mode"],
            reason=data["reason"],
            days=data["days"],
            actor=request.user,
        )
        obj.pk = override.pk

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Skip Django's admin log: the service has written to the audit log."""

    @admin.action(description=gettext_lazy("Remove override"), permissions=["add"])
    def clear_selected(self, request: HttpRequest, queryset: QuerySet[Override]) -> None:
        for override in queryset.not_cleared().select_related("member"):  # type: ignore[attr-defined]
            overrides.clear_override(override.member, actor=member_of(request))
        messages.success(request, _("Overrides removed."))


@admin.register(StageHistory)
class StageHistoryAdmin(BaseAdmin):
    """The stage history with its evidence, superseded rows included. Read-only: the engine writes it."""

    list_display = (
        "member",
        "prev",
        "stage",
        "sub_stage",
        "rule",
        "sentence",
        "effective_on",
        "exited_on",
        "recorded_at",
        "superseded_at",
    )
    list_filter = ("stage", "sub_stage", "rule", ("superseded_at", admin.EmptyFieldListFilter))
    list_select_related = ("member",)
    search_fields = ("member__username", "member__display_name")
    date_hierarchy = "effective_on"
    ordering = ("-effective_on", "-id")
    show_full_result_count = False
