"""The renderer of all forms (templates/django/forms/), and a field for multi-line text."""

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


class MultiLineField(forms.CharField):
    """Multi-line text; CRLF counts as one character, as in browsers."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")
