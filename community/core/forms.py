"""The renderer of all forms (templates/django/forms/), and a field for multi-line text."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from community.core.markdown import Rendered, render
from community.core.text import (
    MARKS_IN_TITLES,
    has_visible_text,
    missing_characters,
    with_few_marks,
    without_invisible,
)


class FormRenderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> SafeString:
        """Render a part of a form; empty text fields are cached, because they look the same for everyone."""
        widget = context.get("widget", {})
        if widget.get("value", "") is not None or request is not None:
            return SafeString(super().render(template_name, context, request))
        return _empty(_Widget(template_name, repr(context), get_language(), context))


@dataclass(frozen=True)
class _Widget:
    template_name: str
    key: str
    language: str | None
    context: dict[str, Any] = field(compare=False)


@lru_cache(maxsize=256)
def _empty(widget: _Widget) -> SafeString:
    return SafeString(TemplatesSetting().render(widget.template_name, widget.context))


class TextField(forms.CharField):
    """Text for people to read; it counts as empty if nothing in it is visible."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        return text if has_visible_text(text) else ""


class TitleField(TextField):
    """A title of a minimum length, with as many combining marks on a letter as languages need."""

    def __init__(self, *, shortest: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shortest = shortest

    def validate(self, value: str) -> None:
        super().validate(value)
        validate_title_length(value, self.shortest)

    def to_python(self, value: Any) -> str:
        return with_few_marks(super().to_python(value), most=MARKS_IN_TITLES)


def validate_title_length(title: str, shortest: int) -> None:
    """Raise ValidationError for a title that says less than `shortest` letters do (see missing_characters)."""
    if missing := missing_characters(title, least=shortest):
        raise forms.ValidationError(
            _("Use at least %(n)d characters so that others can find your topic.")
            % {"n": len(without_invisible(title).strip()) + missing}
        )


# Besides CR and LF: what word processors and notes put between lines, and no browser shows as a line break.
_LINE_ENDS = re.compile("\r\n?|[\v\f\u0085\u2028\u2029]")


class MultiLineField(TextField):
    """Multi-line text; every kind of line end becomes LF, so that it counts once and shows."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return _LINE_ENDS.sub("\n", super().to_python(value))


def validate_rendered(rendered: Rendered) -> None:
    """Raise ValidationError for Markdown that renders to neither words nor an image, such as a comment."""
    shows_image = "<img src=" in rendered.html or 'class="remote-image"' in rendered.html
    if not shows_image and not has_visible_text(rendered.text):
        raise forms.ValidationError(_("Nothing in this text would be visible to readers. Write a few words."))


def validate_markdown(source: str) -> None:
    validate_rendered(render(source))


def validate_visible(text: str) -> None:
    """Raise ValidationError for text without visible characters."""
    if text and not has_visible_text(text):
        raise forms.ValidationError(_("Enter at least one visible character."), code="required")
