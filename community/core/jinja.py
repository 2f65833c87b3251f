"""How pages are rendered: Jinja2, which names what is missing instead of printing nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from django.forms.boundfield import BoundField
from django.template.defaultfilters import floatformat
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import json_script, linebreaks
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import get_language, gettext, ngettext
from django_htmx.jinja import htmx_script
from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    Undefined,
)
from jinja2.compiler import CodeGenerator
from jinja2.runtime import Context
from markupsafe import Markup, escape

from community.core import components
from community.core.addresses import address

INDENTATION = re.compile(r"\n\s+")
ICONS = re.compile(r"""\{\{ icon\("([a-z0-9-]+)"\) \}\}""")
# A line of a tag or a comment alone ends in nothing; the white space before it stays.
TAG_LINES = re.compile(r"^(\{%[^%]*%\}|\{#.*?#\})\n", re.MULTILINE)
# Elements inside which white space is content.
PRESERVED = re.compile(r"<(?:pre|textarea)\b", re.IGNORECASE)


PLAIN = (str, SafeString, Markup, int)


class PageContext(Context):
    """Calls what a template names without asking each time whether it wants the context: none of ours does."""

    def call(self, function: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
        values.pop("_loop_vars", None)
        values.pop("_block_vars", None)
        return function(*args, **values)


class PageCode(CodeGenerator):
    """Prints by one function, where Jinja2 calls `finalize`, `escape` and `Markup` for each of a page's 400 values."""

    def _output_child_pre(self, node: Any, frame: Any, finalize: Any) -> None:
        self.write("environment.shown(")

    def _output_child_post(self, node: Any, frame: Any, finalize: Any) -> None:
        self.write(")")


class PageEnvironment(Environment):
    context_class = PageContext
    code_generator_class = PageCode

    @staticmethod
    def shown(value: Any) -> str:
        """Return the value as it stands in the page: escaped unless it is markup."""
        kind = type(value)
        if kind is Markup or kind is SafeString:
            return value  # type: ignore[no-any-return]
        return str(value) if kind is int else escape(printable(value))


class Loader(FileSystemLoader):
    """Load templates without indentation and empty lines: a third of a page's bytes."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template.startswith("django/"):  # the other engine's
            raise TemplateNotFound(template)
        source, path, is_current = super().get_source(environment, template)
        return _prepared(source), path, is_current


def _prepared(source: str) -> str:
    """Leave out the indentation, and write icons down as what they are: a page has hundreds."""
    source = ICONS.sub(lambda found: str(components.icon(found[1])), source)
    if PRESERVED.search(source):
        return source
    return TAG_LINES.sub(r"\1", INDENTATION.sub("\n", source))


def printable(value: Any) -> Any:
    """Refuse to print what is never meant to be read.

    Raises TypeError for a function that was not called and for a moment that was not formatted.
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, (datetime, date, time)):
        raise TypeError(f"{value!r} is printed as it is; use relative_time() or the date filter.")
    # Both can be called: the one is printed as its widget, the other says itself what is missing.
    if callable(value) and not isinstance(value, (BoundField, Undefined)):
        raise TypeError(f"{value!r} is printed without being called.")
    return value


@lru_cache(maxsize=8192)
def _translated(message: str, language: str | None) -> tuple[Markup, Markup]:
    """The sentence in this language, with its placeholders and as it reads without any."""
    sentence = Markup(gettext(message))  # noqa: S704 - a literal of a template
    return sentence, sentence % {} if "%(" not in sentence else sentence


def translate(message: str, /, **values: Any) -> Markup:
    """Return a template's sentence in the reader's language; values are escaped, and a literal % is doubled."""
    sentence, plain = _translated(message, get_language())
    return sentence % values if values else plain


def translate_plural(singular: str, plural: str, number: int, /, **values: Any) -> Markup:
    """Return the sentence for this number, which is there as %(num)s."""
    if not values:
        return _plural(singular, plural, number, get_language())
    sentence = Markup(ngettext(singular, plural, number))  # noqa: S704 - literals of a template
    return sentence % {"num": number, **values}


@lru_cache(maxsize=8192)
def _plural(singular: str, plural: str, number: int, language: str | None) -> Markup:
    return Markup(ngettext(singular, plural, number)) % {"num": number}  # noqa: S704 - literals of a template


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
    env = PageEnvironment(
        **{**options, "undefined": StrictUndefined},
        finalize=printable,
        extensions=["jinja2.ext.i18n"],
        # The pattern changes with PageCode: what was compiled otherwise is not to be found.
        bytecode_cache=FileSystemBytecodeCache(pattern="__caravan_2_%s.cache"),
    )
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.policies["ext.i18n.trimmed"] = True  # a sentence is the same one however its lines are broken
    env.globals.update(
        _=translate,
        gettext=translate,
        ngettext=translate_plural,
        relative_time=components.relative_time,
        icon=components.icon,
        htmx_script=htmx_script,
        querystring=components.querystring,
        static=lru_cache(static),
        url=address,
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
    )
    return env
