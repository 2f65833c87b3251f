"""How every form of the site is drawn (templates/forms/), and the field for words of several lines."""

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


class WordsField(forms.CharField):
    """Words of several lines. Browsers send two characters for the end of one; they count one, and so do we."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")
