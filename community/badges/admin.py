from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from community.core.admin_base import MANAGERS, MODERATORS, BaseAdmin, IconSelect
from community.core.forms import TextField

from .models import Award, Badge
from .services import awards


@admin.register(Badge)
class BadgeAdmin(BaseAdmin):
    added_by = changed_by = MANAGERS
    list_display = ("name", "level", "series", "sentence", "holders", "is_active")
    list_filter = ("is_active", "level", "series", "source")
    search_fields = ("name", "slug", "sentence")
    readonly_fields = ("is_customised",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return Badge.objects.with_holders()

    @admin.display(description=gettext_lazy("Holders"), ordering="holder_count")
    def holders(self, badge: Badge) -> int:
        return int(getattr(badge, "holder_count", 0))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "icon":
            kwargs |= {"widget": IconSelect(), "help_text": ""}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        obj.is_customised = True
        super().save_model(request, obj, form, change)
        if not change or {"rule", "is_active"} & set(form.changed_data):
            self._award_past_acts(request, obj)

    def _award_past_acts(self, request: HttpRequest, badge: Badge) -> None:
        """Award the badge in the background to members who have already earned it, and show how many."""
        count = awards.award_soon(badge)
        if not count:
            return
        messages.info(
            request,
            ngettext(
                "It has already been earned %(n)d time and will be awarded shortly.",
                "It has already been earned %(n)d times and will be awarded shortly.",
                count,
            )
            % {"n": count},
        )


class AwardForm(forms.ModelForm):  # type: ignore[type-arg]
    """Award a badge manually, or revoke an award; the fields of an existing award are read-only."""

    take_back = forms.BooleanField(
        required=False, help_text=gettext_lazy("Take this badge back. Rules will not award it again.")
    )
    why = TextField(
        label=gettext_lazy("Reason"), max_length=200, help_text=gettext_lazy("Recorded in the audit log.")
    )

    class Meta:
        model = Award
        fields = ("badge", "member", "post")


@admin.register(Award)
class AwardAdmin(BaseAdmin):
    form = AwardForm
    added_by = changed_by = MODERATORS
    list_display = ("badge", "member", "awarded_at", "source", "given_by", "taken_back_at")
    list_filter = ("source", "badge__level", ("taken_back_at", admin.EmptyFieldListFilter))
    search_fields = ("member__username", "member__display_name", "badge__name")
    autocomplete_fields = ("badge",)
    raw_id_fields = ("member", "post")
    list_select_related = ("badge", "member", "given_by")

    def get_readonly_fields(self, request: HttpRequest, obj: Award | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return (
            "badge",
            "member",
            "post",
            "awarded_at",
            "source",
            "given_by",
            "reason",
            "taken_back_at",
            "taken_back_by",
            "taken_back_reason",
        )

    def get_fields(self, request: HttpRequest, obj: Award | None = None) -> list[Any]:
        if obj is None:
            return ["badge", "member", "post", "why"]
        return [*self.get_readonly_fields(request, obj), "take_back", "why"]

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Use the services, which record the event and the audit entry."""
        why = form.cleaned_data["why"]
        if not change:
            given = awards.give_badge(
                obj.badge, member=obj.member, actor=request.user, reason=why, post=obj.post
            )
            obj.pk = given.pk
        elif form.cleaned_data["take_back"]:
            awards.take_back(obj, actor=request.user, reason=why)
