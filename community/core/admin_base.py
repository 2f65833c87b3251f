"""Base classes for the admin: permissions by role, audit log entries, member panels.

Permissions come from the role, not from permission rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.forms import CharField, ModelForm, RadioSelect
from django.http import Http404, HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold import decorators

from community.core import page_cache
from community.core.audit import audit
from community.core.components import icon, icon_names
from community.core.forms import validate_visible

if TYPE_CHECKING:
    # Django's classes are typed; unfold's subclasses are only half typed and contradict them.
    from django.contrib.admin import ModelAdmin
    from django.contrib.admin import TabularInline as Inline
    from django_stubs_ext import StrOrPromise

    from community.members.models import Member
else:
    from unfold.admin import ModelAdmin
    from unfold.admin import TabularInline as Inline

Method = TypeVar("Method", bound=Callable[..., Any])

MANAGER, MODERATOR = "manager", "moderator"
MANAGERS = frozenset({MANAGER})
MODERATORS = frozenset({MANAGER, MODERATOR})
NOBODY: frozenset[str] = frozenset()


def display(
    *,
    description: StrOrPromise,
    ordering: str | None = None,
    label: Mapping[Any, str] | None = None,
    header: bool = False,
    boolean: bool | None = None,
) -> Callable[[Method], Method]:
    """Declare a list column; `label` maps values to label colours, and the method then returns (value, text)."""
    return cast(
        Callable[[Method], Method],
        decorators.display(
            description=cast(str, description),
            ordering=ordering,
            label=cast(Any, label),
            header=header,
            boolean=boolean,
        ),
    )


def action(
    *,
    description: StrOrPromise,
    url_path: str,
    permissions: Collection[str] | None = None,
    icon: str | None = None,
) -> Callable[[Method], Method]:
    """Turn a method into an admin button with its own URL."""
    decorate = decorators.action(
        description=cast(str, description), url_path=url_path, permissions=permissions, icon=icon
    )
    return cast(Callable[[Method], Method], decorate)


class IconSelect(RadioSelect):
    """A picker of all icons; nothing is selected if the saved name is not an icon."""

    template_name = "admin/icons.html"

    class Media:
        css = {"all": ["css/icons.css"]}

    def __init__(self) -> None:
        super().__init__(choices=[(name, _picture(name)) for name in icon_names()])

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> Any:
        """Put the selected icon first, where it is seen without scrolling."""
        return sorted(super().optgroups(name, value, attrs), key=lambda group: not group[1][0]["selected"])


def _picture(name: str) -> SafeString:
    return format_html('{}<span class="admin-hidden">{}</span>', icon(name), name.replace("-", " "))


def has_role(request: HttpRequest, roles: Collection[str]) -> bool:
    """Return whether the user is active staff with one of these roles; a superuser is a manager."""
    user = request.user
    if not (user.is_authenticated and user.is_active and user.is_staff):
        return False
    return user.staff_role in roles


class ByRole:
    """Permissions by role; anything not listed is denied."""

    seen_by: Collection[str] = MODERATORS
    added_by: Collection[str] = NOBODY
    changed_by: Collection[str] = NOBODY
    deleted_by: Collection[str] = NOBODY

    def has_module_permission(self, request: HttpRequest) -> bool:
        return has_role(request, self.seen_by)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_role(request, self.seen_by)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_role(request, self.added_by)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_role(request, self.changed_by)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_role(request, self.deleted_by)


class BaseAdmin(ByRole, ModelAdmin):  # type: ignore[type-arg]
    """ModelAdmin that writes changes to the audit log and invalidates the page cache."""

    list_fullwidth = True
    compressed_fields = True
    warn_unsaved_form = True
    # Marked, so that rows on phones leave it out.
    empty_value_display = '<span class="admin-none">–</span>'

    def get_urls(self) -> Any:
        urls = super().get_urls()
        for url in urls:
            if "object_id" in str(url.pattern):
                url.callback = self._of_a_row(url.callback)
        return urls

    def _of_a_row(self, view: Any) -> Any:
        """Answer 404 for an invalid primary key; Django does so only on its own views."""

        @wraps(view)
        def checked(request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
            try:
                self.opts.pk.to_python(unquote(str(object_id)))
            except (ValidationError, ValueError) as error:
                raise Http404 from error
            # As a keyword argument, where unfold looks for it.
            return view(request, *args, object_id=object_id, **kwargs)

        return checked

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Reject names and texts that have no visible characters."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, (models.CharField, models.TextField)) and isinstance(field, CharField):
            field.validators = [*field.validators, validate_visible]
        return field

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill in slugs for new rows only, so that existing URLs do not change."""
        return self.prepopulated_fields if obj is None else {}

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        before, after = changes_of(form)
        with transaction.atomic():
            page_cache.invalidate_on_commit()
            super().save_model(request, obj, form, change)
            if after or not change:
                verb = "change" if change else "add"
                audit(
                    f"{self.opts.model_name}.{verb}",
                    actor=request.user,
                    subject=obj,
                    before=before,
                    after=after,
                )

    def delete_model(self, request: Any, obj: models.Model) -> None:
        with transaction.atomic():
            page_cache.invalidate_on_commit()
            self._audit_deletion(request, obj)
            super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: models.QuerySet[Any]) -> None:
        with transaction.atomic():
            page_cache.invalidate_on_commit()
            for obj in queryset:
                self._audit_deletion(request, obj)
            super().delete_queryset(request, queryset)

    def _audit_deletion(self, request: Any, obj: models.Model) -> None:
        before = {field.name: field.value_from_object(obj) for field in self.opts.concrete_fields}
        audit(f"{self.opts.model_name}.delete", actor=request.user, subject=obj, before=before)


class EditableInline(ByRole, Inline):  # type: ignore[type-arg]
    """Rows of a related table, edited on their parent's page."""

    added_by = changed_by = deleted_by = MANAGERS
    extra = 1


def changes_of(form: ModelForm[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the changed fields' values before and after."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in form.changed_data:
        old, new = form.initial.get(name), form.cleaned_data.get(name)
        before[name], after[name] = _as_text(old), _as_text(new)
    return before, after


def _as_text(value: Any) -> Any:
    if isinstance(value, models.QuerySet | list | tuple | set):
        return [str(item) for item in value]
    return str(value) if isinstance(value, models.Model) else value


# Panels that apps above register in AppConfig.ready()


@dataclass(frozen=True)
class Panel:
    """A panel on a member's page in the admin: a template and its context."""

    title: str
    template: str
    context: Mapping[str, Any]


MemberPanel = Callable[["Member", HttpRequest], "Panel | None"]

_member_panels: list[MemberPanel] = []


def add_member_panel(panel: MemberPanel) -> MemberPanel:
    """Register `panel(member, request)` for the member's page in the admin."""
    _member_panels.append(panel)
    return panel


def member_panels(member: Member, request: HttpRequest) -> list[Panel]:
    return [panel for source in _member_panels if (panel := source(member, request)) is not None]


# Numbers on the dashboard; apps in higher layers register theirs


@dataclass(frozen=True)
class Tile:
    """A number on the dashboard, with a link to the page where it is dealt with."""

    title: str
    figure: int
    note: str
    address: str
    icon: str  # name of a Material symbol; the admin theme includes them
    urgent: bool = False


Tiles = Callable[[HttpRequest], "list[Tile]"]

_tiles: list[Tiles] = []


def add_tiles(source: Tiles) -> Tiles:
    """Register `source(request)` for the dashboard; it must return only tiles that the reader may open."""
    _tiles.append(source)
    return source


def registered_tiles(request: HttpRequest) -> list[Tile]:
    return [tile for source in _tiles for tile in source(request)]
