from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from community.core.admin_base import MANAGERS, BaseAdmin, action, display, member_panels

from . import rules
from .models import Company, Guidelines, Invitation, Member
from .requests import member_of
from .services import companies, guidelines
from .services.roles import set_roles

TONES = {
    Member.Role.MANAGER: "primary",
    Member.Role.MODERATOR: "primary",
    Member.Role.PRODUCT: "info",
    Member.Role.SUPPORT: "info",
    Member.Role.SALES: "success",
}


class ClaimedFilter(admin.SimpleListFilter):
    title = gettext_lazy("account")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("own", gettext_lazy("Claimed")), ("imported", gettext_lazy("Imported and not claimed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        if self.value() == "own":
            return queryset.filter(claimed_at__isnull=False)
        return queryset.filter(claimed_at__isnull=True) if self.value() == "imported" else queryset


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    roles = forms.MultipleChoiceField(
        choices=Member.Role.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("The person's roles in the team. Managers and moderators can use the admin."),
    )

    class Meta:
        model = Member
        fields = ("display_name", "username", "company", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = self.instance.groups.filter(name__in=Member.Role.values).values_list("name", flat=True)
        self.initial["roles"] = sorted(held)


@admin.register(Member)
class MemberAdmin(BaseAdmin):
    """Admin for members. Roles are saved by a service that keeps groups, badge and admin access in step."""

    form = MemberForm
    changed_by = MANAGERS
    list_display = (
        "person",
        "role_shown",
        "company",
        "customer_since",
        "joined_at",
        "last_seen_at",
    )
    list_filter = (
        "role",
        ClaimedFilter,
        "is_active",
        ("customer_since", admin.EmptyFieldListFilter),
        ("joined_at", admin.DateFieldListFilter),
    )
    search_fields = ("username", "display_name", "email", "company__name")
    list_select_related = ("company",)
    ordering = ("-joined_at",)
    actions_detail = ("invite", "open_profile")
    change_form_outer_after_template = "admin/members/panels.html"
    # `customer_since` is set from purchases.
    readonly_facts = (
        "email",
        "customer_since",
        "joined_at",
        "last_seen_at",
        "guidelines",
        "guidelines_accepted_at",
        "claimed_at",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> Any:
        pairs = [self.readonly_facts[at : at + 2] for at in range(0, len(self.readonly_facts), 2)]
        roles = "roles" if self.has_change_permission(request, obj) else "role"
        return (
            (None, {"fields": (("display_name", "username"), ("company", "is_active"))}),
            (_("Roles"), {"fields": (roles,)}),
            (
                _("Details"),
                {"fields": pairs},
            ),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Member | None = None) -> Any:
        return self.readonly_facts

    def has_change_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        """Managers can change anyone except superusers and other managers; superusers can change anyone."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or rules.can_administer(member_of(request), obj))

    @display(description=gettext_lazy("Person"), header=True, ordering="display_name")
    def person(self, member: Member) -> list[str]:
        username = f"@{member.username}"
        if not member.is_active:
            username = _("%(name)s, deactivated") % {"name": username}
        return [member.display_name, username]

    @display(description=gettext_lazy("Role"), label=TONES, ordering="role")
    def role_shown(self, member: Member) -> tuple[str, str] | None:
        return (member.staff_role, member.get_role_display()) if member.is_team else None

    def save_model(self, request: Any, obj: Member, form: Any, change: bool) -> None:
        roles = form.cleaned_data.get("roles", [])
        if "roles" in form.changed_data:
            # set_roles() writes its own audit entry.
            form.changed_data = [name for name in form.changed_data if name != "roles"]
            if obj.pk == request.user.pk:
                messages.error(request, _("You cannot change your own roles. Ask another manager."))
                roles = form.initial["roles"]
        super().save_model(request, obj, form, change)
        if "company" in form.changed_data:
            companies.record_joining(obj)
        set_roles(obj, roles, actor=request.user)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        member = Member.objects.select_related("company").filter(pk=object_id).first()
        panels = member_panels(member, request) if member else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "panels": panels})

    @action(description=gettext_lazy("Invite to claim account"), url_path="invite", permissions=["invite"])
    def invite(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("members:invitation-send", get_object_or_404(Member, pk=object_id).username)

    def has_invite_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        member = Member.objects.filter(pk=object_id).first()
        manager = member_of(request)
        return member is not None and rules.can_invite(manager) and rules.can_be_invited(member)

    @action(description=gettext_lazy("View profile"), url_path="profile")
    def open_profile(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect(get_object_or_404(Member, pk=object_id))


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]
    new_domain = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy(
            "A domain that you have verified to belong to this company. Members with a confirmed address there are added to the company."
        ),
    )

    class Meta:
        model = Company
        fields = ("name", "slug", "external_id")


@admin.register(Company)
class CompanyAdmin(BaseAdmin):
    form = CompanyForm
    added_by = changed_by = MANAGERS
    list_display = ("name", "domains", "external_id", "created_at")
    search_fields = ("name", "slug", "external_id")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("verified_domains", "created_at")
    fields = ("name", "slug", "external_id", "verified_domains", "new_domain", "created_at")

    def get_fields(self, request: HttpRequest, obj: Company | None = None) -> Any:
        shown = list(self.fields)
        if obj is None or not self.has_change_permission(request):
            shown.remove("new_domain")
        return shown

    @display(description=gettext_lazy("Verified domains"))
    def domains(self, company: Company) -> str:
        return ", ".join(company.verified_domains)

    def save_model(self, request: Any, obj: Company, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        domain = form.cleaned_data.get("new_domain")
        if domain:
            try:
                companies.verify_domain(obj, domain, actor=request.user)
            except ValidationError as error:
                messages.error(request, error.messages[0])


class GuidelinesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Guidelines
        fields = ("source",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = Guidelines.objects.in_force()
        if current is not None and "source" in self.fields:
            self.initial.setdefault("source", current.source)


@admin.register(Guidelines)
class GuidelinesAdmin(BaseAdmin):
    """Admin for guidelines versions. Published versions are immutable; saving publishes a new one."""

    form = GuidelinesForm
    added_by = MANAGERS
    list_display = ("version", "published_at")
    readonly_fields = ("version", "published_at")

    def get_fields(self, request: HttpRequest, obj: Guidelines | None = None) -> Any:
        return ("version", "published_at", "source") if obj else ("source",)

    def save_model(self, request: Any, obj: Guidelines, form: Any, change: bool) -> None:
        obj.pk = guidelines.publish_guidelines(form.cleaned_data["source"], actor=request.user).pk
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: Guidelines, post_url_continue: Any = None) -> Any:
        messages.success(
            request,
            _("Version %(n)d has been published. Members have to agree to it before their next post.")
            % {"n": obj.version},
        )
        return redirect(reverse("admin:members_guidelines_changelist"))


@admin.register(Invitation)
class InvitationAdmin(BaseAdmin):
    empty_template = "admin/members/invitations_empty.html"
    list_display = ("member", "email", "invited_by", "created_at", "sent_at", "accepted_at")
    list_filter = (("accepted_at", admin.EmptyFieldListFilter),)
    search_fields = ("email", "member__username", "member__display_name")
    list_select_related = ("member", "invited_by")
