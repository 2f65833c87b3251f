from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from community.core.admin_base import MANAGERS, MODERATORS, BaseAdmin
from community.moderation import blocked_words
from community.moderation.models import BlockedWord, Policy


@admin.register(Policy)
class PolicyAdmin(BaseAdmin):
    """Thresholds and limits: a single row, created from the defaults when first opened."""

    changed_by = MANAGERS
    fieldsets = (
        (gettext_lazy("Flags"), {"fields": ("hide_at", "silence_at_reporters")}),
        (gettext_lazy("Approval"), {"fields": ("approve_first_posts",)}),
        (gettext_lazy("Names"), {"fields": ("reserved_words", "reserve_site_name")}),
        (
            gettext_lazy("Limits for new members"),
            {
                "fields": (
                    "new_until_posts",
                    "max_links",
                    "max_images",
                    "max_attachments",
                    "max_mentions",
                    "first_day_topics",
                    "first_day_replies",
                    "replies_per_topic",
                    "seconds_between_posts",
                ),
                "description": gettext_lazy(
                    "Members see these limits above the editor before they start to write. They do not apply to staff and verified customers."
                ),
            },
        ),
    )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        Policy.objects.get_or_create(pk=1)
        return redirect("admin:moderation_policy_change", 1)


@admin.register(BlockedWord)
class BlockedWordAdmin(BaseAdmin):
    added_by = changed_by = deleted_by = MODERATORS
    list_display = ("phrase", "action", "note")
    list_filter = ("action",)
    search_fields = ("phrase", "note")

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        blocked_words.invalidate_on_commit()

    def delete_model(self, request: Any, obj: Any) -> None:
        super().delete_model(request, obj)
        blocked_words.invalidate_on_commit()

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        blocked_words.invalidate_on_commit()
