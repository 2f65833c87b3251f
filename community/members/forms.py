"""Forms for signing up, editing a profile and claiming an imported account."""

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.models import EmailAddress
from allauth.mfa.base import forms as mfa_forms
from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community.core import rate_limits
from community.core.forms import MultiLineField, TextField
from community.core.mailboxes import canonical_address
from community.core.text import isolated
from community.members import names, pictures, screening
from community.members.models import Company, Guidelines, Member
from community.members.services import profiles

BIO_MAX = 1000


def agreement_label() -> SafeString:
    """Return the label of the guidelines checkbox, with a link to the guidelines."""
    return format_html(
        _('I have read and agree to the <a href="{}" target="_blank">community guidelines</a>'),
        reverse("members:guidelines"),
    )


class GuidelinesField(forms.BooleanField):
    """A required checkbox for agreeing to the guidelines."""

    default_error_messages = {"required": gettext_lazy("Agree to the guidelines to continue.")}

    def __init__(self) -> None:
        super().__init__(label="")

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        self.label = agreement_label()
        return super().get_bound_field(form, field_name)


class AlreadyTaken(Exception):
    """Someone else took the username or email address between validation and saving."""


class SignupForm(AllauthSignupForm):
    """Sign-up form, with a display name and the guidelines checkbox added to allauth's fields."""

    field_order = ("display_name", "username", "email", "password1", "guidelines")

    display_name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=names.DISPLAY_NAME_MAX,
        help_text=gettext_lazy("Shown to others. A first name is fine."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guidelines_in_force = Guidelines.objects.in_force()
        if self.guidelines_in_force is not None:
            self.fields["guidelines"] = GuidelinesField()
        self.fields["username"].label = _("Username")
        self.fields["username"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        self.fields["password1"].help_text = _("Use at least 10 characters, such as a few words in a row.")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def clean_display_name(self) -> str:
        return refuse_impersonation(self.cleaned_data["display_name"])

    def try_save(self, request: HttpRequest) -> Any:
        """Save the account. If a concurrent sign-up took the name or address, validate the form again.

        Raises AlreadyTaken if the form then has errors to show.
        """
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:
            self.full_clean()
            if self.errors:
                raise AlreadyTaken from None
            return super().try_save(request)


class LoginForm(AllauthLoginForm):
    """Log-in form that accepts an email address in any spelling."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def clean(self) -> dict[str, Any]:
        """Log in with the address as stored with the account, which is the one that was confirmed."""
        data: dict[str, Any] = super().clean()  # type: ignore[no-untyped-call]
        login = getattr(self, "_login", None)
        if login is not None and login.email:
            address = canonical_address(login.email)
            if EmailAddress.objects.filter(user=login.user, email=address).exists():
                login.email = address
        return data


class RateLimitedCode(mfa_forms.BaseAuthenticateForm):
    """A form for a second-factor code, with rate-limited attempts."""

    def clean_code(self) -> str:
        account = f"member:{self.user.pk}"
        rate_limits.hit(rate_limits.ACCOUNT_CODES, account)
        code: str = super().clean_code()
        rate_limits.clear(rate_limits.ACCOUNT_CODES, account)
        return code


class AuthenticateForm(RateLimitedCode, mfa_forms.AuthenticateForm):
    """Second step of logging in."""


class ReauthenticateForm(RateLimitedCode, mfa_forms.ReauthenticateForm):
    """Second-factor code asked for again before a sensitive action."""


def refuse_impersonation(display_name: str, *, member: Member | None = None) -> str:
    """Return the cleaned name. Raises ValidationError if it imitates a team member's or claims to be the team's."""
    name = names.clean_display_name(display_name)
    if member is not None and (member.is_team or name == member.display_name):
        return name
    team = Member.objects.team().exclude(pk=member.pk if member else None)
    protected = {names.skeleton(other) for other in team.values_list("display_name", flat=True)}
    if names.skeleton(name) in protected - {""}:
        raise forms.ValidationError(_("This looks like a team member's name. Please choose another."))
    return screened(name, "display_name", member=member)


def screened(text: str, field: str, *, member: Member | None = None) -> str:
    """Return the text. Raises ValidationError if a screener objects to it."""
    if sentence := screening.objection(member, field, text):
        raise forms.ValidationError(sentence)
    return text


@cache
def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return all time zones grouped by continent, as choices for a select box."""
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    by_area = groupby(zones, key=lambda zone: zone.partition("/")[0])
    return [
        ("UTC", [("UTC", "UTC")]),
        *((area, [(zone, _city(zone)) for zone in group]) for area, group in by_area),
    ]


def _city(zone: str) -> str:
    return zone.partition("/")[2].replace("_", " ").replace("/", ", ")


def _time_zone_choices() -> Iterator[Any]:
    yield from time_zones()


class PictureField(forms.FileField):
    """A profile picture; its value is what `pictures.clean()` makes of the upload."""

    widget = forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"})

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        upload = super().clean(data, initial)
        return pictures.clean(upload) if upload else None


class PictureForm(forms.Form):
    """Form for a profile picture alone."""

    avatar = PictureField(error_messages={"required": gettext_lazy("Choose a picture first.")})


class ProfileForm(forms.Form):
    """Form for a member's own profile; initial values come from `member`."""

    display_name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=names.DISPLAY_NAME_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    avatar = PictureField(
        label=gettext_lazy("Picture"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG, WebP or GIF, up to 5 MB. It will be cropped to a square."),
    )
    remove_avatar = forms.BooleanField(label=gettext_lazy("Remove picture"), required=False)
    bio = MultiLineField(
        label=gettext_lazy("About you"),
        max_length=BIO_MAX,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("The products you use and what you know about. You can use Markdown."),
    )
    location = TextField(label=gettext_lazy("Location"), max_length=120, required=False)
    website = forms.URLField(
        label=gettext_lazy("Website"), required=False, max_length=200, assume_scheme="https"
    )
    shows_company = forms.BooleanField(required=False)
    shows_customer = forms.BooleanField(
        label=gettext_lazy("Show beside my posts that I am a customer"),
        required=False,
        help_text=gettext_lazy("Others see since which year. Unless you turn this on, only our team knows."),
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=_time_zone_choices)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        initial = {name: getattr(member, name) for name in profiles.PROFILE_FIELDS}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.member = member
        if not member.avatar:
            del self.fields["remove_avatar"]
        if member.customer_since is None:
            del self.fields["shows_customer"]
        if member.company is None:
            del self.fields["shows_company"]
        else:
            self._describe_company(member.company)
        if len(settings.LANGUAGES) == 1:
            del self.fields["language"]

    def _describe_company(self, company: Company) -> None:
        field = self.fields["shows_company"]
        field.label = _("Show on my profile that I belong to %(company)s") % {
            "company": isolated(company.name)
        }
        field.help_text = _(
            "We know this from your email address. Unless you turn this on, only our team can see it."
        )

    def clean_display_name(self) -> str:
        return refuse_impersonation(self.cleaned_data["display_name"], member=self.member)

    def clean_bio(self) -> str:
        return self._screened("bio")

    def clean_location(self) -> str:
        return self._screened("location")

    def clean_website(self) -> str:
        return self._screened("website")

    def _screened(self, field: str) -> str:
        """Return what was typed; screen it only if it has changed."""
        text: str = self.cleaned_data[field]
        return screened(text, field, member=self.member) if text != getattr(self.member, field) else text

    def save(self) -> Member:
        """Save the profile and the picture."""
        fields = {
            name: self.cleaned_data[name] for name in profiles.PROFILE_FIELDS if name in self.cleaned_data
        }
        profiles.save_profile(self.member, **fields)
        if self.cleaned_data["avatar"] or self.cleaned_data.get("remove_avatar"):
            profiles.set_avatar(self.member, self.cleaned_data["avatar"])
        return self.member


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Their email address"),
        help_text=gettext_lazy("We will send one email with a link that is valid for 14 days."),
    )


class ClaimForm(forms.Form):
    """Form for choosing a password when claiming an imported account."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Use at least 10 characters, such as a few words in a row."),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        if Guidelines.objects.in_force() is not None:
            self.fields["guidelines"] = GuidelinesField()

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        password_validation.validate_password(password, self.member)
        return password
