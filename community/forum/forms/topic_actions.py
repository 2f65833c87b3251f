from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from community.core.forms import TextField, TitleField
from community.forum.models import Category, Post, Topic

from .posts import QUESTION_TITLE_MIN, TITLE_LENGTH

if TYPE_CHECKING:
    from community.members.models import Member

TOPIC_ADDRESS = re.compile(r"(?:^|/t/)(\d{1,18})(?:/|$)")


class CloseForm(forms.Form):
    reason = TextField(label=_("Reason, shown to readers"), max_length=200, required=False)


class MoveForm(forms.Form):
    category = forms.ModelChoiceField(Category.objects.none(), label=_("Move to"), empty_label=_("Choose…"))

    def __init__(self, *args: Any, actor: Member, topic: Topic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        categories = Category.objects.visible_to(actor).exclude(pk=topic.category_id)
        self.fields["category"].queryset = categories  # type: ignore[attr-defined]


class MergeForm(forms.Form):
    into = forms.CharField(
        label=_("Merge into"), max_length=500, help_text=_("The URL or number of the other topic.")
    )

    def __init__(self, *args: Any, actor: Member, topic: Topic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor, self.topic = actor, topic

    def clean_into(self) -> Topic:
        found = TOPIC_ADDRESS.search(self.cleaned_data["into"].strip())
        topics = Topic.objects.visible_to(self.actor).exclude(pk=self.topic.pk)
        target = (
            topics.filter(pk=int(found[1])).exclude(status=Topic.Status.DELETED).first() if found else None
        )
        if target is None:
            raise forms.ValidationError(gettext("No other topic has this URL or number."))
        return target


class SplitForm(forms.Form):
    posts = forms.ModelMultipleChoiceField(
        Post.objects.none(), label=_("Posts"), widget=forms.CheckboxSelectMultiple
    )
    title = TitleField(
        label=_("Title of the new topic"), shortest=QUESTION_TITLE_MIN, max_length=TITLE_LENGTH[1]
    )
    category = forms.ModelChoiceField(Category.objects.none(), label=_("Category"), empty_label=None)
    kind = forms.ChoiceField(label=_("Type"), choices=Topic.Kind.choices)

    def __init__(self, *args: Any, actor: Member, topic: Topic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        posts = topic.posts.exclude(kind__in=(Post.Kind.OPENING, Post.Kind.COMMENT))
        self.fields["posts"].queryset = posts.select_related("author")  # type: ignore[attr-defined]
        self.fields["category"].queryset = Category.objects.visible_to(actor)  # type: ignore[attr-defined]
        self.initial.setdefault("category", topic.category_id)
        self.initial.setdefault("kind", topic.kind)
