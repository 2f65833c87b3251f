from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from community.core.forms import MultiLineField
from community.moderation.models import Reason

REASON_LABELS = {
    Reason.OFF_TOPIC: _("Off-topic: it does not belong in this topic"),
    Reason.SPAM: _("Spam: advertising or repeated posts"),
    Reason.INAPPROPRIATE: _("Inappropriate: insulting, hateful or abusive"),
    Reason.ILLEGAL: _("Illegal: threats, private data or other unlawful content"),
    Reason.OTHER: _("Something else: describe it below"),
}


class FlagForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("What is wrong with this post?"),
        choices=list(REASON_LABELS.items()),
        widget=forms.RadioSelect,
    )
    text = MultiLineField(
        label=_("Details for the moderators"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    take_action = forms.BooleanField(
        label=_("Hide this post now, without waiting for more flags"), required=False
    )

    def __init__(self, *args: Any, moderator: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not moderator:
            del self.fields["take_action"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("reason") == Reason.OTHER and not data.get("text", "").strip():
            self.add_error("text", _("Describe briefly what is wrong."))
        return data


class AppealForm(forms.Form):
    text = MultiLineField(
        label=_("Your appeal"),
        help_text=_("A moderator will read it, and we will notify you of the decision."),
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": 4000}),
        max_length=4000,
    )
