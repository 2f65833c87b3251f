from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.paginator import InfinitePaginator

from community.core.admin_base import MANAGERS, BaseAdmin, EditableInline, display
from community.core.audit import audit

from .catalogue import EVENT_TYPES
from .models import Cursor, CustomKind, CustomProperty, DeadLetter, Event
from .registry import all_followers
from .services import cursors


@admin.register(Event)
class EventAdmin(BaseAdmin):
    """The event log, read-only. The table is too big for count(*) on every page."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_display = (
        "occurred_at",
        "name",
        "member",
        "actor_role",
        "object_shown",
        "source",
        "backfill",
        "retracted_at",
    )
    list_filter = ("actor_role", "channel", "backfill", ("retracted_at", admin.EmptyFieldListFilter))
    search_fields = ("=name", "=member__username", "=source")
    search_help_text = gettext_lazy("Search for the full name of an event, a username or a source.")
    list_select_related = ("member",)
    ordering = ("-occurred_at",)

    @display(description=gettext_lazy("Object"))
    def object_shown(self, event: Event) -> str:
        return f"{event.object_type} {event.object_id}" if event.object_type else ""


@admin.register(Cursor)
class CursorAdmin(BaseAdmin):
    """The cursors of the followers."""

    seen_by = MANAGERS
    list_display = ("name", "behind", "failures", "moved_at", "epoch", "last_seq")

    @display(description=gettext_lazy("Has unprocessed events"), boolean=True)
    def behind(self, cursor: Cursor) -> bool:
        return cursor.name in all_followers() and cursors.is_behind(cursor.name)


class ResolvedFilter(admin.SimpleListFilter):
    """Filter by state; the default is unresolved."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("resolved", gettext_lazy("Resolved")), ("all", gettext_lazy("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        if self.value() == "all":
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() != "resolved")


@admin.register(DeadLetter)
class DeadLetterAdmin(BaseAdmin):
    """Events that a follower failed to handle, to be retried once the cause is fixed."""

    seen_by = MANAGERS
    list_display = ("failed_at", "follower", "name", "error", "occurred_at", "resolved_at")
    list_filter = (ResolvedFilter, "follower", "name")
    search_fields = ("error", "name")
    ordering = ("-failed_at",)
    actions = ("retry_selected",)

    @admin.action(description=gettext_lazy("Retry"))
    def retry_selected(self, request: Any, queryset: QuerySet[DeadLetter]) -> None:
        letters = list(queryset.filter(resolved_at__isnull=True))
        resolved = cursors.retry_dead_letters(letters)
        for letter in letters:
            audit(
                "dead_letter.retry",
                actor=request.user,
                subject=letter,
                after={"resolved": bool(letter.resolved_at)},
            )
        message = _("%(done)d of %(all)d events were processed.") % {"done": resolved, "all": len(letters)}
        messages.add_message(
            request, messages.SUCCESS if resolved == len(letters) else messages.WARNING, message
        )


class CustomKindForm(ModelForm):  # type: ignore[type-arg]
    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name in EVENT_TYPES:
            raise ValidationError(_("There is already an event called %(name)s.") % {"name": name})
        return name


class CustomPropertyInline(EditableInline):
    model = CustomProperty
    extra = 0


@admin.register(CustomKind)
class CustomKindAdmin(BaseAdmin):
    """Events that other systems may send in addition to the catalogue's."""

    form = CustomKindForm
    seen_by = added_by = changed_by = MANAGERS
    list_display = ("name", "says", "created_at")
    fields = ("name", "says")
    inlines = (CustomPropertyInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["name"] if obj else []  # its events refer to it
