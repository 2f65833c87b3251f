from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from community.core import rate_limits
from community.core.mailboxes import MAX_LENGTH, canonical_address
from community.members import names, screening
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
        rate_limits.hit(rate_limits.LOG_INS, request)
        rate_limits.hit(rate_limits.ACCOUNT_LOG_INS, _account(credentials))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        typed = str(credentials.get("email") or "")
        user: AbstractBaseUser | None = super().authenticate(request, **_canonical(credentials))
        if user is None and typed.lower() != canonical_address(typed):
            # An address from before there was one spelling, which another account has in that spelling.
            user = super().authenticate(request, **credentials)
        if user is not None:
            rate_limits.clear(rate_limits.ACCOUNT_LOG_INS, _account(credentials))
        return user

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Reset the log-in limit after a password reset, so that the member can log in right away."""
        rate_limits.clear(rate_limits.ACCOUNT_LOG_INS, _account(credentials))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send the mail; skip a repeated confirmation, since the link in the first one still works."""
        email = canonical_address(email)  # not to the other domain that Django would make of some letters
        if template_prefix in CONFIRMATIONS:
            try:
                rate_limits.hit(rate_limits.ACCOUNT_CONFIRMATIONS, email)
            except rate_limits.RateLimited:
                return
        super().send_mail(template_prefix, email, {"site_name": settings.SITE_NAME, **context})


def _canonical(credentials: Mapping[str, Any]) -> dict[str, Any]:
    email = credentials.get("email")
    return {**credentials, "email": canonical_address(email)} if email else dict(credentials)


def _account(credentials: Mapping[str, Any]) -> str:
    return canonical_address(str(credentials.get("email") or credentials.get("username", "")))
