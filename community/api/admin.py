from __future__ import annotations

import json
from typing import Any, ClassVar

from allauth.account.decorators import reauthentication_required
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm, MultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from community.core import currencies
from community.core.admin_base import MANAGERS, BaseAdmin

from .models import ApiToken, ExternalId, PurchaseFile, QuarantinedEvent, WaitingEvent
from .services import quarantine, tokens, waiting_events


class ApiTokenForm(ModelForm):  # type: ignore[type-arg]
    scopes = MultipleChoiceField(
        choices=ApiToken.Scope.choices, widget=CheckboxSelectMultiple, label=gettext_lazy("Permissions")
    )

    class Meta:
        model = ApiToken
        fields: ClassVar = ["name", "source", "scopes", "calls_a_minute", "expires_at"]


@admin.register(ApiToken)
class ApiTokenAdmin(BaseAdmin):
    form = ApiTokenForm
    seen_by = added_by = changed_by = MANAGERS
    list_display = ["name", "source", "shown_prefix", "scopes", "last_used_at", "expires_at", "revoked_at"]
    readonly_fields = ["shown_prefix", "created_at", "created_by", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    @admin.display(description=gettext_lazy("Token prefix"))
    def shown_prefix(self, token: ApiToken) -> str:
        return f"{token.prefix}…" if token.prefix else "-"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Changing the source would attribute its external ids to another system.
        return [*self.readonly_fields, "source"] if obj else self.readonly_fields

    @method_decorator(reauthentication_required)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for the password or a code first, because a token outlives the session."""
        response: HttpResponse = super().add_view(request, form_url, extra_context)
        return response

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        token, secret = tokens.issue(
            name=obj.name,
            source=obj.source,
            scopes=obj.scopes,
            actor=request.user,
            calls_a_minute=obj.calls_a_minute,
            expires_at=obj.expires_at,
        )
        obj.pk = token.pk
        obj.refresh_from_db()
        messages.warning(
            request,
            format_html(
                _("Copy the token now. You will not be able to see it again: {}"),
                format_html("<code>{}</code>", secret),
            ),
        )

    @admin.action(description=gettext_lazy("Revoke"))
    def revoke(self, request: Any, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            tokens.revoke(token, actor=request.user)
        self.message_user(request, _("The selected tokens have been revoked."))


@admin.register(WaitingEvent)
class WaitingEventAdmin(BaseAdmin):
    """Queue of facts whose member is unknown. Choosing a member records the fact, with its original time."""

    seen_by = changed_by = MANAGERS
    list_display = ["name", "who", "amount", "occurred_at", "source", "received_at", "state"]
    list_filter = [
        ("applied_at", admin.EmptyFieldListFilter),
        ("dismissed_at", admin.EmptyFieldListFilter),
        "source",
    ]
    search_fields = ["email", "external_id", "domain"]
    raw_id_fields = ["member"]
    readonly_fields = [
        "name",
        "who",
        "amount",
        "occurred_at",
        "received_at",
        "source",
        "received_data",
        "state",
    ]
    fields = [*readonly_fields, "member"]
    actions = ["match_again", "dismiss"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "member"] if obj and obj.applied_at else self.readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[WaitingEvent]:
        return super().get_queryset(request).select_related("member", "company")

    @admin.display(description=gettext_lazy("Person or company"))
    def who(self, row: WaitingEvent) -> str:
        return (
            " · ".join(filter(None, [row.email, row.external_id, row.company_external_id, row.domain])) or "-"
        )

    @admin.display(description=gettext_lazy("Amount"))
    def amount(self, row: WaitingEvent) -> str:
        cents = row.event.get("value_cents")
        return "-" if cents is None else currencies.formatted(cents, row.event["currency"])

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: WaitingEvent) -> str:
        if row.applied_at:
            return _("Applied to %(who)s") % {"who": row.member or row.company}
        return _("Dismissed") if row.dismissed_at else _("Unmatched")

    @admin.display(description=gettext_lazy("Received data"))
    def received_data(self, row: WaitingEvent) -> SafeString:
        return _as_code(row.event)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if obj.member is not None:
            waiting_events.assign(obj, obj.member, actor=request.user)

    @admin.action(description=gettext_lazy("Match to members again"))
    def match_again(self, request: HttpRequest, rows: QuerySet[WaitingEvent]) -> None:
        found = waiting_events.apply(list(rows.values_list("pk", flat=True)))
        self.message_user(
            request,
            ngettext(
                "Matched %(n)d event to a member or company.",
                "Matched %(n)d events to a member or company.",
                found,
            )
            % {"n": found},
        )

    @admin.action(description=gettext_lazy("Dismiss"))
    def dismiss(self, request: Any, rows: QuerySet[WaitingEvent]) -> None:
        for row in rows:
            waiting_events.dismiss(row, actor=request.user)


@admin.register(QuarantinedEvent)
class QuarantinedEventAdmin(BaseAdmin):
    """Quarantined facts: the sender corrects them, or a manager reviews and releases them."""

    seen_by = MANAGERS
    list_display = ["why", "source", "source_event_id", "reason", "received_at", "resolved_at"]
    list_filter = ["why", "source", ("resolved_at", admin.EmptyFieldListFilter)]
    readonly_fields = ["why", "source", "source_event_id", "reason", "received_at", "resolved_at", "sent"]
    actions = ["try_again", "resolve"]

    @admin.display(description=gettext_lazy("Received data"))
    def sent(self, row: QuarantinedEvent) -> SafeString:
        return _as_code(row.item)

    @admin.action(description=gettext_lazy("Release from quarantine"))
    def try_again(self, request: Any, rows: QuerySet[QuarantinedEvent]) -> None:
        reasons = [quarantine.release(row, actor=request.user) for row in rows.filter(resolved_at=None)]
        released = reasons.count("")
        if released:
            self.message_user(
                request,
                ngettext(
                    "Released %(n)d event from quarantine.",
                    "Released %(n)d events from quarantine.",
                    released,
                )
                % {"n": released},
            )
        for why in sorted(set(reasons) - {""}):
            self.message_user(request, _("Not released: %(why)s") % {"why": why}, messages.WARNING)
        if not reasons:
            self.message_user(request, _("These have already been resolved."), messages.INFO)

    @admin.action(description=gettext_lazy("Mark as resolved"))
    def resolve(self, request: HttpRequest, rows: QuerySet[QuarantinedEvent]) -> None:
        rows.filter(resolved_at=None).update(resolved_at=timezone.now())


@admin.register(PurchaseFile)
class PurchaseFileAdmin(BaseAdmin):
    seen_by = MANAGERS
    list_display = ["name", "source", "imported_at", "counts"]
    readonly_fields = ["name", "sha256", "source", "imported_at", "counts"]


@admin.register(ExternalId)
class ExternalIdAdmin(BaseAdmin):
    seen_by = added_by = changed_by = deleted_by = MANAGERS
    list_display = ["source", "external_id", "member", "created_at"]
    list_select_related = ["member"]
    search_fields = ["external_id", "member__username"]
    raw_id_fields = ["member"]
    fields = ["source", "external_id", "member"]


def _as_code(content: dict[str, Any]) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(content, indent=2, ensure_ascii=False))
