"""How every form of the site is drawn (templates/forms/), and the field for words of several lines."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString
from django.utils.translation import get_language


class FormRenderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> SafeString:
        """Render a part of a form; an empty text field only once, because it looks the same for everyone."""
        widget = context.get("widget", {})
        if widget.get("value", "") is not None or request is not None:
            return SafeString(super().render(template_name, context, request))
        return _empty(_Widget(template_name, repr(context), get_language(), context))


@dataclass(frozen=True)
class _Widget:
    template_name: str
    looks: str
    language: str | None
    context: dict[str, Any] = field(compare=False)


@lru_cache(maxsize=256)
def _empty(widget: _Widget) -> SafeString:
    return SafeString(TemplatesSetting().render(widget.template_name, widget.context))


class WordsField(forms.CharField):
    """Words of several lines. Browsers send two characters for the end of one; they count one, and so do we."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")
