from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext, gettext_lazy
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from community.core.admin_base import MANAGERS, MODERATORS, BaseAdmin, IconSelect, action, display
from community.core.text import excerpt

from .models import Category, Post, Tag, Topic

STATES = {"published": "success", "pending": "warning", "hidden": "danger", "deleted": "danger"}
AUDIENCES = {
    "see_by": gettext_lazy("Visible to"),
    "see_groups": gettext_lazy("Groups that can see it"),
    "reply_by": gettext_lazy("Replies by"),
    "reply_groups": gettext_lazy("Groups that can reply"),
    "create_by": gettext_lazy("New topics by"),
    "create_groups": gettext_lazy("Groups that can start topics"),
}


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean(self) -> dict[str, Any]:
        """Require a group for “Chosen groups”; without one, only the team could use the category."""
        data: dict[str, Any] = super().clean() or {}
        for act in ("see", "reply", "create"):
            if data.get(f"{act}_by") == Category.Audience.GROUPS and not data.get(f"{act}_groups"):
                self.add_error(f"{act}_groups", gettext("Choose at least one group."))
        return data


@admin.register(Category)
class CategoryAdmin(BaseAdmin):
    """Admin for categories: kind, order, and who may see, reply and create topics."""

    form = CategoryForm
    added_by = changed_by = deleted_by = MANAGERS
    list_display = (
        "name",
        "kind",
        "parent",
        "position",
        "see_by",
        "holds_posts",
        "is_archived",
        "topic_count",
    )
    list_filter = ("kind", "see_by", "holds_posts", "is_archived")
    search_fields = ("name", "slug", "description")
    list_select_related = ("parent",)
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("topic_count", "post_count")
    fieldsets = (
        (None, {"fields": (("name", "slug"), "description", ("kind", "position"), "parent", "icon")}),
        (
            gettext_lazy("Permissions"),
            {
                "fields": (
                    "see_by",
                    "see_groups",
                    "reply_by",
                    "reply_groups",
                    "create_by",
                    "create_groups",
                )
            },
        ),
        (gettext_lazy("Rules"), {"fields": ("holds_posts", "formulas", "is_archived")}),
        (gettext_lazy("Contents"), {"fields": (("topic_count", "post_count"),)}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in AUDIENCES:
            kwargs["label"] = AUDIENCES[db_field.name]
        if db_field.name == "icon":
            kwargs |= {"widget": IconSelect(), "help_text": ""}
        if db_field.name == "formulas":
            kwargs["help_text"] = gettext_lazy(
                "Show $x$ and $$x$$ as formulas, in posts written or edited from now on."
            )
        if db_field.name.endswith("_groups"):
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Tag)
class TagAdmin(BaseAdmin):
    changed_by = added_by = MODERATORS
    deleted_by = MANAGERS
    list_display = ("name", "description", "topic_count")
    search_fields = ("name", "slug")
    readonly_fields = ("topic_count",)
    fields = ("name", "slug", "description", "topic_count")


@admin.register(Topic)
class TopicAdmin(BaseAdmin):
    """Read-only: find topics. They are moved, merged and closed on their own pages."""

    list_display = ("title", "kind", "category", "author", "state", "reply_count", "view_count", "created_at")
    list_filter = ("status", "kind", "category", ("created_at", admin.DateFieldListFilter))
    search_fields = ("title", "author__username", "author__display_name")
    list_select_related = ("category", "author")
    show_full_result_count = False
    ordering = ("-created_at",)
    actions_detail = ("open_topic",)

    @display(description=gettext_lazy("State"), label=STATES, ordering="status")
    def state(self, topic: Topic) -> tuple[str, str]:
        return topic.status, topic.get_status_display()

    @action(description=gettext_lazy("View in the forum"), url_path="open")
    def open_topic(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect(get_object_or_404(Topic, pk=object_id))


@admin.register(Post)
class PostAdmin(BaseAdmin):
    """Read-only: find posts. They are edited, hidden and restored on their topics' pages."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_display = ("words", "topic", "author", "kind", "state", "like_count", "score", "created_at")
    list_filter = ("status", "kind", ("created_at", admin.DateFieldListFilter))
    search_fields = ("source", "author__username", "author__display_name")
    list_select_related = ("topic", "author")
    ordering = ("-created_at",)
    exclude = ("search", "html")
    actions_detail = ("open_post",)

    @display(description=gettext_lazy("Post"))
    def words(self, post: Post) -> str:
        return excerpt(post.text, length=90)

    @display(description=gettext_lazy("State"), label=STATES, ordering="status")
    def state(self, post: Post) -> tuple[str, str]:
        return post.status, post.get_status_display()

    @action(description=gettext_lazy("View in the forum"), url_path="open")
    def open_post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect(get_object_or_404(Post, pk=object_id))
