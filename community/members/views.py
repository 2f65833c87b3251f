from typing import Any

from allauth.account import views as allauth_views
from allauth.mfa.base.views import AuthenticateView as AllauthAuthenticateView
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.generic import FormView

from community.core import rate_limits, unsent
from community.core.mailboxes import canonical_address
from community.core.permissions import require
from community.core.requests import own_url, require_safe_or_post
from community.members import names, rules, visitor_drafts
from community.members.forms import AlreadyTaken, ClaimForm, InvitationForm, ProfileForm, SignupForm
from community.members.models import Guidelines, Member
from community.members.requests import member_of
from community.members.services import accounts, invitations, profiles
from community.members.services.guidelines import accept_guidelines


class RateLimitedView(FormView):  # type: ignore[type-arg]  # not generic at run time
    """Base for allauth form views: answer 429 with the form when a rate limit is hit."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return rate_limits.answer(super().form_invalid(form), form)


class LoginView(RateLimitedView, allauth_views.LoginView):
    """Allauth's log-in view; AccountAdapter applies the rate limits."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        visitor_drafts.note_email(request, request.POST.get("login", ""))
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


class SignupView(RateLimitedView, allauth_views.SignupView):
    """Allauth's sign-up view, with rate limits and a form error when two people race for a username."""

    def form_valid(self, form: SignupForm) -> HttpResponse:
        if not rate_limits.check(form, rate_limits.SIGN_UPS, self.request):
            return self.form_invalid(form)
        visitor_drafts.note_email(self.request, form.cleaned_data["email"])
        try:
            response: HttpResponse = super().form_valid(form)
        except AlreadyTaken:
            return self.form_invalid(form)
        if self.user is not None:  # else the address has an account
            visitor_drafts.hand_over(self.request, self.user)
        return response


class ConfirmEmailView(allauth_views.ConfirmEmailView):
    """Allauth's view for confirmation links; also explains links that were already used."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().post(*args, **kwargs)
        except Http404:
            response = self.get(*args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        address = None if self.object else accounts.confirmed_address(self.kwargs["key"])
        return {**super().get_context_data(**kwargs), "confirmed_address": address}


class AuthenticateView(AllauthAuthenticateView):
    """Allauth's second-factor view; AuthenticateForm applies the rate limits."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        return rate_limits.answer(super().form_invalid(form), form)


class PasswordResetView(RateLimitedView, allauth_views.PasswordResetView):
    """Allauth's password reset view, with rate limits."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        account = canonical_address(form.cleaned_data["email"])
        if not (
            rate_limits.check(form, rate_limits.PASSWORD_RESETS, self.request)
            and rate_limits.check(form, rate_limits.ACCOUNT_PASSWORD_RESETS, account)
        ):
            return self.form_invalid(form)
        response: HttpResponse = super().form_valid(form)
        return response


@require_safe
@never_cache
def session(request: HttpRequest) -> HttpResponse:
    """Tell scripts on a page whose session had ended who is logged in now, with a CSRF token for its forms."""
    return JsonResponse({"account": str(request.user.pk or ""), "token": get_token(request)})


@require_safe
@login_required
def back(request: HttpRequest) -> HttpResponse:
    """The page shown after logging in from there, in a tab of its own."""
    return render(request, "members/back.html")


@require_safe
@never_cache
@login_required
def unsent_form(request: HttpRequest) -> HttpResponse:
    """Show the form that the member sent after their session had ended, so that they can send it now."""
    form = unsent.kept(request)
    return render(request, "members/unsent.html", {"unsent": form}) if form else redirect("/")


@require_safe
def guidelines(request: HttpRequest) -> HttpResponse:
    current = Guidelines.objects.in_force()
    member = request.user
    asked = member.is_authenticated and not rules.has_accepted_current(member)
    context = {"guidelines": current, "asked": asked, "changed": False, "next": _next(request)}
    return render(request, "members/guidelines.html", context)


@require_POST
@login_required
def guidelines_accept(request: HttpRequest) -> HttpResponse:
    current = Guidelines.objects.in_force()
    if current is None or request.POST.get("version") != str(current.version):
        context = {"guidelines": current, "asked": True, "changed": True, "next": _next(request)}
        return render(request, "members/guidelines.html", context, status=422)
    accept_guidelines(member_of(request), guidelines=current)
    messages.success(request, _("Thank you. You can post now."))
    return redirect(_next(request) or "/")


@require_safe_or_post
@login_required
def profile_edit(request: HttpRequest) -> HttpResponse:
    member = Member.objects.select_related("company").get(pk=member_of(request).pk)
    form = ProfileForm(request.POST or None, request.FILES or None, member=member)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Profile saved."))
        return redirect("members:profile-edit")
    missing = [str(form.fields[name].label) for name in profiles.missing_fields(member)]
    context = {
        "form": form,
        "member": member,
        "percent": profiles.percent_complete(member),
        "missing": get_text_list(missing, _("and")),
    }
    return render(request, "members/profile_edit.html", context, status=422 if form.errors else 200)


@require_GET
def username_check(request: HttpRequest) -> HttpResponse:
    """Render the hint under the username field: free, taken, not allowed, or the suggestion if empty."""
    username = request.GET.get("username", "").strip()
    display_name = request.GET.get("display_name", "").strip()
    context: dict[str, Any] = {"username": username, "taken": False, "suggestion": "", "error": ""}
    try:
        if username:
            names.clean_username(username)
            if Member.objects.named([username]).exists():
                context |= {"taken": True, "suggestion": accounts.free_username(username)}
        elif display_name:
            context["suggestion"] = accounts.free_username(display_name)
    except ValidationError as error:
        context["error"] = error.messages[0]
    return render(request, "members/_username_check.html", context)


@require_safe_or_post
@login_required
def invitation_send(request: HttpRequest, username: str) -> HttpResponse:
    require(rules.can_invite(member_of(request)), _("Only community managers can send invitations."))
    member = get_object_or_404(Member.objects.named([username]))
    require(rules.can_be_invited(member), _("This account has already been claimed."))
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invitations.invite(
                member, email=form.cleaned_data["email"], actor=member_of(request)
            )
            invitations.send_invitation(invitation)
        except ValidationError as error:
            form.add_error("email", error)
        except OSError:
            form.add_error("email", _("We could not send the email. Please try again in a minute."))
        else:
            messages.success(request, _("Invitation sent to %(to)s.") % {"to": invitation.email})
            return redirect(member)
    context = {"form": form, "member": member}
    return render(request, "members/invitation_send.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@require_safe_or_post
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    invitation = invitations.invitation_of(token)
    if invitation is None:
        ended = {"member": invitations.member_who_accepted(token)}
        return render(request, "members/invitation_ended.html", ended, status=410)
    form = ClaimForm(request.POST or None, member=invitation.member)
    if request.method == "POST" and form.is_valid():
        try:
            member = invitations.claim(
                invitation, password=form.cleaned_data["password"], guidelines=Guidelines.objects.in_force()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            login(request, member, backend="community.pages.backends.ModelBackend")
            messages.success(request, _("Welcome back. Your account and your posts are yours again."))
            return redirect("members:profile-edit")
    context = {"form": form, "invitation": invitation}
    return render(request, "members/invitation_accept.html", context, status=422 if form.errors else 200)


def _next(request: HttpRequest) -> str:
    """Return the `next` parameter if it is a URL of this site, else an empty string."""
    return own_url(request, request.POST.get("next", request.GET.get("next", "")))
