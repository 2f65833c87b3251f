from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from community.core.admin_base import BaseAdmin, action, display
from community.moderation import audit_text
from community.moderation.models import AuditEntry

COLUMNS = (
    "at",
    "actor_name",
    "act",
    "object_type",
    "object_id",
    "object_label",
    "reason",
    "before",
    "after",
    "context",
)
# Spreadsheets treat cells with these prefixes as formulas.
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    def write(self, line: str) -> str:
        return line


@admin.register(AuditEntry)
class AuditEntryAdmin(BaseAdmin):
    """Read-only: what staff and the system did. Not even superusers can change or delete entries."""

    list_display = ("at", "actor_name", "what", "reason", "changed")
    list_filter = (
        ("at", admin.DateFieldListFilter),
        "act",
        "object_type",
        ("actor", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("actor_name", "act", "object_label", "object_id", "reason")
    date_hierarchy = "at"
    list_per_page = 50
    show_full_result_count = False
    actions_list = ("export_all",)
    actions = ("export_selected",)
    fields = readonly_fields = (
        "at",
        "actor_name",
        "act",
        "object_type",
        "object_id",
        "object_label",
        "reason",
        "difference",
        "context",
    )

    @display(description=_("Action"))
    def what(self, entry: AuditEntry) -> SafeString:
        return audit_text.describe(entry)

    @display(description=_("Changed fields"))
    def changed(self, entry: AuditEntry) -> str:
        return ", ".join(sorted({*entry.before, *entry.after}))

    @display(description=_("Changes"))
    def difference(self, entry: AuditEntry) -> SafeString:
        rows = [
            (name, entry.before.get(name), entry.after.get(name))
            for name in sorted({*entry.before, *entry.after})
        ]
        return render_to_string("admin/moderation/_difference.html", {"rows": rows})

    @admin.action(description=_("Export as CSV"))
    def export_selected(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> StreamingHttpResponse:
        return as_csv(queryset)

    @action(description=_("Export as CSV"), url_path="export", icon="download")
    def export_all(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Export the whole list with the current filters and search."""
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect("admin:moderation_auditentry_changelist")
        return as_csv(changelist.get_queryset(request))


def as_csv(entries: QuerySet[AuditEntry]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_lines(entries), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit-log.csv"'
    return response


def _lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for entry in entries.iterator(chunk_size=1000):
        yield writer.writerow([_cell(getattr(entry, name)) for name in COLUMNS])


def _cell(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(FORMULA_PREFIXES) else text
