"""The markup languages of stored text."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Markup(models.TextChoices):
    MARKDOWN = "markdown", _("Markdown")  # what people type: every line break is kept
    COMMONMARK = "commonmark", _("CommonMark")  # imports: a single line break is a space
    HTML = "html", _("HTML")  # imports: sanitised, and kept as HTML until somebody edits it
