from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from community.core.forms import WordsField
from community.moderation.models import Reason

EXPLAINED = {
    Reason.OFF_TOPIC: _("Off-topic: it does not belong in this conversation"),
    Reason.SPAM: _("Spam: an advertisement, or the same thing again and again"),
    Reason.INAPPROPRIATE: _("Inappropriate: insulting, hateful or too personal"),
    Reason.ILLEGAL: _("Illegal: it breaks the law, such as a threat or someone's private data"),
    Reason.OTHER: _("Something else: say what"),
}


class FlagForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("What is wrong with it?"), choices=list(EXPLAINED.items()), widget=forms.RadioSelect
    )
    text = WordsField(
        label=_("Anything a moderator should know"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    take_action = forms.BooleanField(label=_("Hide it now, without waiting for other flags"), required=False)

    def __init__(self, *args: Any, moderator: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not moderator:
            del self.fields["take_action"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("reason") == Reason.OTHER and not data.get("text", "").strip():
            self.add_error("text", _("Please say in a few words what is wrong."))
        return data


class AppealForm(forms.Form):
    text = WordsField(
        label=_("Your answer"),
        help_text=_("A moderator reads it, and you are told what they decide."),
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": 4000}),
        max_length=4000,
    )
