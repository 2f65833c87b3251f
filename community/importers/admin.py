from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from community.core.admin_base import MANAGERS, BaseAdmin

from .models import ImportBatch


@admin.register(ImportBatch)
class ImportBatchAdmin(BaseAdmin):
    """Read-only: shows the report of each import. Imports take long, so they are run and undone by commands."""

    seen_by = MANAGERS
    list_display = ["name", "site", "status", "rows_read", "rows_imported", "started_at", "finished_at"]
    list_filter = ["status"]
    search_fields = ["name", "site"]
    readonly_fields = [
        "name",
        "status",
        "site",
        "hosts",
        "category",
        "folder",
        "started_at",
        "finished_at",
        "reconciliation",
        "remarks",
    ]

    @admin.display(description=_("Rows read"))
    def rows_read(self, batch: ImportBatch) -> int:
        return sum(table["read"] for table in batch.report.get("tables", []))

    @admin.display(description=_("Rows imported"))
    def rows_imported(self, batch: ImportBatch) -> int:
        return sum(table["imported"] for table in batch.report.get("tables", []))

    @admin.display(description=_("Rows read = imported + skipped"))
    def reconciliation(self, batch: ImportBatch) -> SafeString:
        rows = [
            (table["file"], f"{table['read']:,}", f"{table['imported']:,}", _reasons(table["skipped"]))
            for table in batch.report.get("tables", [])
        ]
        body = format_html_join("", "<tr><th scope=row>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        return format_html(
            "<table><thead><tr><th scope=col>{}</th><th scope=col>{}</th><th scope=col>{}</th>"
            "<th scope=col>{}</th></tr></thead><tbody>{}</tbody></table>",
            _("File"),
            _("Read"),
            _("Imported"),
            _("Skipped (reason)"),
            body,
        )

    @admin.display(description=_("Notes"))
    def remarks(self, batch: ImportBatch) -> SafeString:
        return format_html_join("", "<p>{}</p>", ((remark,) for remark in batch.report.get("remarks", [])))


def _reasons(skipped: dict[str, int]) -> SafeString:
    return format_html_join("", "{} {}<br>", ((f"{rows:,}", reason) for reason, rows in skipped.items()))
