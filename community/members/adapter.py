from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from community.core import rate_limits
from community.core.mailboxes import MAX_LENGTH, canonical_address
from community.members import log_in_limits, names, screening, visitor_drafts
from community.members.models import Member
from community.members.services import accounts, companies

if TYPE_CHECKING:
    from community.members.forms import SignupForm


# Mails that anyone can trigger for any address.
CONFIRMATIONS = {
    "account/email/email_confirmation",
    "account/email/email_confirmation_signup",
    "account/email/account_already_exists",
    "account/email/unknown_account",
}


class AccountAdapter(DefaultAccountAdapter):
    """Hook our rules into allauth: usernames, sign-up, confirmed addresses, rate limits and mail."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_taken": _("This username is already taken."),
    }

    def clean_username(self, username: str, shallow: bool = False) -> str:
        name = names.clean_username(username)
        if sentence := screening.objection(None, "username", name):
            raise ValidationError(sentence)
        return super().clean_username(name, shallow)

    def clean_email(self, email: str) -> str:
        canonical = canonical_address(super().clean_email(email))
        if len(canonical) > MAX_LENGTH:
            raise ValidationError(_("Enter a valid email address."))
        return canonical

    def populate_username(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        assert isinstance(user, Member)  # noqa: S101  for mypy
        user.username = user.username or accounts.free_username(user.display_name)

    def save_user(  # type: ignore[override]  # ACCOUNT_FORMS sets the form class
        self, request: HttpRequest, user: AbstractBaseUser, form: "SignupForm", commit: bool = True
    ) -> Member:
        assert isinstance(user, Member)  # noqa: S101  for mypy
        user.display_name = form.cleaned_data["display_name"]
        super().save_user(request, user, form, commit=False)
        return accounts.register(user, guidelines=form.guidelines_in_force)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        confirmed: bool = super().confirm_email(request, email_address)
        if confirmed:
            companies.match_company(email_address.user, email=email_address.email)
        return confirmed

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before checking the password. Raises RateLimited."""
        log_in_limits.count(request, _account(credentials))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        typed = str(credentials.get("email") or "")
        user: AbstractBaseUser | None = super().authenticate(request, **_canonical(credentials))
        if user is None and typed.lower() != canonical_address(typed):
            # Stored before addresses were canonical, and another account has the canonical form.
            user = super().authenticate(request, **credentials)
        if user is not None:
            log_in_limits.clear(request, _account(credentials))
        return user

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where to go without a `next`: to what the member wrote as a visitor, or to the home page."""
        assert request.user.is_authenticated  # noqa: S101  for mypy
        draft = visitor_drafts.of(request.user)
        return draft.address if draft else str(super().get_login_redirect_url(request))

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        """Finish logging in, and remember the browser for next time."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if email := getattr(user, "email", None):
            log_in_limits.remember_device(response, _account({"email": email}))
        return response

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Reset the log-in limit after a password reset, so that the member can log in right away."""
        log_in_limits.clear(request, _account(credentials))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send the mail; skip a repeated confirmation, since the link in the first one still works."""
        email = canonical_address(email)  # not to the different domain that Django would make of some letters
        if template_prefix in CONFIRMATIONS:
            try:
                rate_limits.hit(rate_limits.ACCOUNT_CONFIRMATIONS, email)
            except rate_limits.RateLimited:
                return
        super().send_mail(template_prefix, email, {"site_name": settings.SITE_NAME, **context})


def _canonical(credentials: Mapping[str, Any]) -> dict[str, Any]:
    email = credentials.get("email")
    return {**credentials, "email": canonical_address(email)} if email else dict(credentials)


class MfaAdapter(DefaultMFAAdapter):
    """Keep two-factor authentication on for the team where it is required."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "Team members need two-factor authentication, so you cannot turn it off."
        ),
    }

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not (settings.TEAM_TWO_FACTOR and authenticator.user.is_team)


def _account(credentials: Mapping[str, Any]) -> str:
    return canonical_address(str(credentials.get("email") or credentials.get("username", "")))
