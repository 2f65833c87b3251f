"""Forms for moderators."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from community.core.forms import TextField, validate_markdown
from community.moderation.models import Reason, Sanction
from community.moderation.services import sanctions
from community.moderation.services.reviews import Decision

NOTHING = ("", _("None"))
UNTIL_DATE, UNTIL_LIFTED = "date", "lifted"
LENGTHS = [
    *(
        (str(hours), _("%(days)d days") % {"days": hours // 24} if hours > 24 else _("1 day"))
        for hours in sanctions.SUGGESTED_HOURS
    ),
    (UNTIL_DATE, _("Until a specific date")),
    (UNTIL_LIFTED, _("Until lifted")),
]


class SanctionFields(forms.Form):
    """Fields for sanctioning the author and notifying them. `person` is a Sanction.Kind or empty."""

    person = forms.ChoiceField(
        label=_("Sanction"),
        choices=[NOTHING, *Sanction.Kind.choices],
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
    )
    length = forms.ChoiceField(
        label=_("Duration"),
        choices=LENGTHS,
        initial="72",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Of a silence or suspension, which then ends automatically."),
    )
    until = forms.DateField(label=_("Last day"), required=False, widget=UnfoldAdminSingleDateWidget)
    rule = forms.ChoiceField(label=_("Broken rule"), choices=Reason, widget=UnfoldAdminSelectWidget)
    reason = TextField(
        label=_("Reason"),
        required=False,
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("One sentence. The author will see it."),
    )
    message = TextField(
        label=_("More details for the author"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self._needs_reason(data) and not data.get("reason", "").strip():
            self.add_error("reason", _("Give a reason. The author will see it."))
        data["ends_at"] = self._ends_at(data)
        return data

    def _needs_reason(self, data: dict[str, Any]) -> bool:
        return bool(data.get("person"))

    def _ends_at(self, data: dict[str, Any]) -> datetime | None:
        person, length = data.get("person"), data.get("length")
        if person in ("", None, Sanction.Kind.WARNING) or length == UNTIL_LIFTED:
            return None
        if length != UNTIL_DATE:
            return timezone.now() + timedelta(hours=int(length or 72))
        day = data.get("until")
        if day is None or day < timezone.localdate():
            self.add_error("until", _("Choose today or a later date."))
            return None
        # The end of the last day, in the moderator's time zone.
        return timezone.make_aware(datetime.combine(day, datetime.max.time().replace(microsecond=0)))


class DecisionForm(SanctionFields):
    post = forms.ChoiceField(
        label=_("Post"),
        widget=UnfoldAdminRadioSelectWidget,
        choices=[
            (Decision.KEEP, _("Keep")),
            (Decision.HIDE, _("Hide (the author can still edit it)")),
            (Decision.EDIT, _("Edit")),
        ],
        help_text=_("Only hiding, editing and sanctions need a reason."),
    )
    source = TextField(
        label=_("Text of the post"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        validators=[validate_markdown],
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    field_order = ["post", "source", "person", "length", "until", "rule", "reason", "message", "version"]

    def __init__(self, *args: Any, is_held: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_held:  # not published yet, so there is nothing to keep
            field = self.fields["post"]
            field.choices = [  # type: ignore[attr-defined]
                (Decision.KEEP, _("Approve")),
                (Decision.HIDE, _("Reject (the author can still edit it)")),
                (Decision.EDIT, _("Edit and approve")),
            ]
            field.help_text = _("Only rejecting, editing and sanctions need a reason.")

    def _needs_reason(self, data: dict[str, Any]) -> bool:
        return super()._needs_reason(data) or data.get("post") in (Decision.HIDE, Decision.EDIT)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("post") == Decision.EDIT and not data.get("source", "").strip():
            self.add_error("source", _("The post cannot be empty. To remove it, hide it."))
        return data

    def decision(self) -> Decision:
        data = self.cleaned_data
        names = ("post", "person", "rule", "reason", "message", "source", "ends_at")
        return Decision(**{name: data[name] for name in names})


class BulkForm(SanctionFields):
    """One decision for many items, each with the version the moderator saw."""

    post = forms.ChoiceField(choices=[(Decision.KEEP, ""), (Decision.HIDE, "")], widget=forms.HiddenInput)
    items = forms.CharField(widget=forms.HiddenInput)

    def _needs_reason(self, data: dict[str, Any]) -> bool:
        return super()._needs_reason(data) or data.get("post") == Decision.HIDE

    def clean_items(self) -> dict[int, int]:
        """Parse `12:3 14:1` into {item id: version}."""
        try:
            pairs = [pair.split(":") for pair in self.cleaned_data["items"].split()]
            return {int(item): int(version) for item, version in pairs}
        except ValueError as error:
            raise forms.ValidationError(
                _("Your selection could not be read. Go back and select the posts again.")
            ) from error

    def decision(self) -> Decision:
        data = self.cleaned_data
        names = ("post", "person", "rule", "reason", "message", "ends_at")
        return Decision(**{name: data[name] for name in names})


class AppealDecisionForm(forms.Form):
    verdict = forms.ChoiceField(
        label=_("Decision"),
        widget=UnfoldAdminRadioSelectWidget,
        choices=[("stands", _("Uphold it")), ("taken_back", _("Reverse it"))],
    )
    reason = TextField(
        label=_("Reason"),
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("One sentence. The member will see it."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class SanctionForm(SanctionFields):
    """Warn, silence or suspend someone independently of a post."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = Sanction.Kind.choices  # type: ignore[attr-defined]
        self.fields["person"].required = True
