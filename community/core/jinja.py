"""How pages are rendered: Jinja2, which names what is missing instead of printing nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from django.forms.boundfield import BoundField
from django.template.defaultfilters import floatformat
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import json_script, linebreaks, urlize
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext, ngettext
from django_htmx.jinja import htmx_script
from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, TemplateNotFound

from community.core import components

INDENTATION = re.compile(r"\n\s+")
# Elements inside which white space is content.
PRESERVED = re.compile(r"<(?:pre|textarea)\b", re.IGNORECASE)


class Loader(FileSystemLoader):
    """Load templates without indentation and empty lines: a third of a page's bytes."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template.startswith("django/"):  # the other engine's
            raise TemplateNotFound(template)
        source, path, is_current = super().get_source(environment, template)
        return (source if PRESERVED.search(source) else INDENTATION.sub("\n", source)), path, is_current


def printable(value: Any) -> Any:
    """Refuse to print what is never meant to be read.

    Raises TypeError for a function that was not called and for a moment that was not formatted.
    """
    if isinstance(value, (datetime, date, time)):
        raise TypeError(f"{value!r} is printed as it is; use relative_time() or the date filter.")
    if callable(value) and not isinstance(value, BoundField):
        raise TypeError(f"{value!r} is printed without being called.")
    return value


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """Return the address of a view; see `django.urls.reverse`."""
    return reverse(name, args=args, kwargs=kwargs)


def format_date(value: date | None, form: str = "j F Y") -> str:
    """Format a date, or a moment in the reader's time zone; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.template_localtime(value)  # type: ignore[attr-defined]
    return formats.date_format(value, form)


def format_number(value: float, decimals: int = 0) -> str:
    """Format a number with so many decimals; a negative count leaves out zeros, as Django's `floatformat` does."""
    return str(floatformat(value, decimals))


def environment(**options: Any) -> Environment:
    """Return the environment that `TEMPLATES` names."""
    options["loader"] = Loader(options["loader"].searchpath)
    env = Environment(  # noqa: S701 - Django's backend turns autoescape on
        **{**options, "undefined": StrictUndefined},
        finalize=printable,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=FileSystemBytecodeCache(),
    )
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(
        relative_time=components.relative_time,
        icon=components.icon,
        now=timezone.now,
        htmx_script=htmx_script,
        querystring=components.querystring,
        static=static,
        url=url,
    )
    env.filters.update(
        capfirst=capfirst,
        compact=components.compact,
        date=format_date,
        excerpt=components.excerpt,
        floatformat=format_number,
        hue=components.hue,
        initials=components.initials,
        json_script=json_script,
        linebreaks=lambda text: SafeString(linebreaks(text, autoescape=True)),
        truncatechars=lambda text, length: Truncator(text).chars(length),
        urlencode_dict=urlencode,
        urlize_text=urlize,
    )
    return env
