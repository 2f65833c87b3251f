"""What people type about themselves."""

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import SignupForm as AllauthSignupForm
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
from community.core.forms import WordsField
from community.members import names, pictures, services
from community.members.models import Guidelines, Member

BIO_MAX = 1000


def agreement() -> SafeString:
    """“I agree to the guidelines”, with the way to read them first."""
    return format_html(
        _('I have read and agree to the <a href="{}" target="_blank">community guidelines</a>'),
        reverse("members:guidelines"),
    )


class GuidelinesField(forms.BooleanField):
    """A box that must be ticked before one can go on."""

    default_error_messages = {"required": gettext_lazy("Agree to the guidelines to continue.")}

    def __init__(self) -> None:
        super().__init__(label="")

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        self.label = agreement()
        return super().get_bound_field(form, field_name)


class TakenMeanwhile(Exception):
    """Between the check of a form and its saving somebody else took what must be unique."""


class SignupForm(AllauthSignupForm):
    """Sign-up: who you are, how to reach you, and that you agree to the guidelines."""

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
        return names_of_nobody_else(self.cleaned_data["display_name"])

    def try_save(self, request: HttpRequest) -> Any:
        """Save the account; when somebody took its name or address a moment ago, look at the form again.

        Raises TakenMeanwhile when the form then has errors to show.
        """
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:
            self.full_clean()
            if self.errors:
                raise TakenMeanwhile from None
            return super().try_save(request)


class RateLimitedCode(mfa_forms.BaseAuthenticateForm):
    """The code of a second factor, which can be guessed only so often."""

    def clean_code(self) -> str:
        account = f"member:{self.user.pk}"
        rate_limits.hit(rate_limits.ACCOUNT_CODES, account)
        code: str = super().clean_code()
        rate_limits.clear(rate_limits.ACCOUNT_CODES, account)
        return code


class AuthenticateForm(RateLimitedCode, mfa_forms.AuthenticateForm):
    """The second step of logging in."""


class ReauthenticateForm(RateLimitedCode, mfa_forms.ReauthenticateForm):
    """The code that is asked for once more before something delicate."""


def names_of_nobody_else(display_name: str, *, member: Member | None = None) -> str:
    """The cleaned name; ValidationError when it reads like that of somebody in the team."""
    name = names.clean_display_name(display_name)
    team = Member.objects.team().exclude(pk=member.pk if member else None)
    looks = {names.skeleton(other) for other in team.values_list("display_name", flat=True)}
    looks.add(names.skeleton(settings.SITE_NAME))
    if names.skeleton(name) in looks and not (member and member.is_team):
        raise forms.ValidationError(_("This looks like a team member's name. Please choose another."))
    return name


@cache
def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """The world's time zones, grouped by continent, for a select box."""
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


class ProfileForm(forms.Form):
    """A member's own profile; `member` gives what is there now."""

    display_name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=names.DISPLAY_NAME_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    avatar = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG, WebP or GIF, up to 5 MB. It will be cropped to a square."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )
    remove_avatar = forms.BooleanField(label=gettext_lazy("Remove picture"), required=False)
    bio = WordsField(
        label=gettext_lazy("About you"),
        max_length=BIO_MAX,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("The products you use and what you know about. You can use Markdown."),
    )
    location = forms.CharField(label=gettext_lazy("Location"), max_length=120, required=False)
    website = forms.URLField(
        label=gettext_lazy("Website"), required=False, max_length=200, assume_scheme="https"
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=_time_zone_choices)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        initial = {name: getattr(member, name) for name in services.PROFILE_FIELDS}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.member = member
        if not member.avatar:
            del self.fields["remove_avatar"]
        if len(settings.LANGUAGES) == 1:
            del self.fields["language"]

    def clean_display_name(self) -> str:
        return names_of_nobody_else(self.cleaned_data["display_name"], member=self.member)

    def clean_avatar(self) -> bytes | None:
        upload = self.cleaned_data["avatar"]
        return pictures.clean(upload) if upload else None

    def save(self) -> Member:
        """Save the profile and the picture."""
        words = {
            name: self.cleaned_data[name] for name in services.PROFILE_FIELDS if name in self.cleaned_data
        }
        services.save_profile(self.member, **words)
        if self.cleaned_data["avatar"] or self.cleaned_data.get("remove_avatar"):
            services.set_avatar(self.member, self.cleaned_data["avatar"])
        return self.member


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Their email address"),
        help_text=gettext_lazy("We will send one email with a link that is valid for 14 days."),
    )


class ClaimForm(forms.Form):
    """The password for an account that is being taken over."""

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
