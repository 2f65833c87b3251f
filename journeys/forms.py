from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from community.core.forms import MultiLineField

from .models import Override, Stage


class OverrideForm(forms.Form):
    """Set a stage manually; a reason and an expiry are required."""

    stage = forms.ChoiceField(label=_("Stage"), choices=Stage)
    mode = forms.ChoiceField(
        label=_("How"), choices=Override.Mode, initial=Override.Mode.PIN, widget=forms.RadioSelect
    )
    reason = MultiLineField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Explain this to colleagues who will read it later."),
    )
    days = forms.IntegerField(
        label=_("For how many days"),
        min_value=1,
        max_value=Override.MOST_DAYS,
        initial=Override.DEFAULT_DAYS,
        help_text=_("After that, the calculated stage is shown again. At most 180."),
    )
