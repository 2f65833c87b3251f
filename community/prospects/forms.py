from __future__ import annotations

from typing import Any

from django import forms
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from community.core.forms import MultiLineField, TextField, validate_markdown
from community.members.models import Member

from .models import DeskQuestion, RosterEntry


class ReplyForm(forms.Form):
    source = MultiLineField(
        label=_("Your answer"),
        max_length=32_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Ask before you advise. You can use Markdown."),
        validators=[validate_markdown],
    )


class UrgentForm(forms.Form):
    reason = TextField(label=_("Why is this urgent?"), max_length=200)


class HandoverForm(forms.Form):
    to: forms.ModelChoiceField[Member] = forms.ModelChoiceField(
        label=_("Colleague"), queryset=Member.objects.none()
    )
    note = TextField(label=_("Note"), max_length=500, required=False)

    def __init__(self, *args: Any, question: DeskQuestion, giver: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roster = RosterEntry.objects.on_duty().filter(forum=question.forum_id, is_trained=True)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for mypy
        colleagues = Member.objects.filter(pk__in=roster.values("member")).exclude(pk=giver.pk)
        field.queryset = colleagues.order_by(Lower("display_name"), "pk")
