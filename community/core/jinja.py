"""The Jinja2 environment: strict about undefined and unprintable values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from typing import Any

from django.conf import settings
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
    Template,
    TemplateNotFound,
    Undefined,
    nodes,
)
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, new_context
from markupsafe import Markup, escape
from markupsafe import _escape_inner as escaped_text  # type: ignore[attr-defined]

from community.core import components
from community.core.addresses import address
from community.core.page_meta import data_block
from community.core.text import isolated

INDENTATION = re.compile(r"\n\s+")
ICONS = re.compile(r"""\{\{ icon\("([a-z0-9-]+)"\) \}\}""")
# A tag or comment alone on its line leaves no line break; the white space before it stays.
TAG_LINES = re.compile(r"^(\{%[^%]*%\}|\{#.*?#\})\n", re.MULTILINE)
# Elements inside which white space is content.
PRESERVED = re.compile(r"<(?:pre|textarea)\b", re.IGNORECASE)


PLAIN = (str, SafeString, Markup, int)
# The language of the page being rendered, and its reader's time zone; asking Django for each of a hundred sentences
# and times costs too much.
_language: ContextVar[str] = ContextVar("language", default="")
_zone: ContextVar[tzinfo | None] = ContextVar("zone", default=None)


class PageCode(CodeGenerator):
    """Compile to fewer calls: a page prints 500 values, and calls 200 functions and 100 macros."""

    def _output_child_pre(self, node: Any, frame: Any, finalize: Any) -> None:
        self.write("environment.shown(")  # instead of `finalize`, `escape` and `Markup`

    def _output_child_post(self, node: Any, frame: Any, finalize: Any) -> None:
        self.write(")")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Call the function itself instead of `context.call`; none of ours takes the context."""
        self.visit(node.node, frame)
        self.write("(")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        self.write("caller=caller)" if forward_caller else ")")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        """Look for an attribute before asking `environment.getattr`, which also looks for items."""
        self.write("(_found if (_found := getattr(_of := ")
        self.visit(node.node, frame)
        self.write(f", {node.attr!r}, missing)) is not missing else environment.getattr(_of, {node.attr!r}))")

    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        """Define a macro as a function with its parameters instead of a `Macro`, which sorts them at each call."""
        defaults = {argument.name: "missing" for argument in macro_ref.node.args}
        if macro_ref.accesses_caller:
            defaults["caller"] = 'undefined(name="caller")'
        parameters = "".join(f"{name}={default}, " for name, default in defaults.items())
        self.write(f"lambda {parameters}*, _macro=macro: str.__new__(Markup, _macro({', '.join(defaults)}))")


class PageTemplate(Template):
    def render(self, *args: Any, **values: Any) -> str:
        language = _language.set(get_language() or "")
        zone = _zone.set(timezone.get_current_timezone())
        try:
            return super().render(*args, **values)
        finally:
            _language.reset(language)
            _zone.reset(zone)

    def new_context(
        self,
        vars: dict[str, Any] | None = None,
        shared: bool = False,
        locals: Mapping[str, Any] | None = None,
    ) -> Context:
        # An included template's variables contain the globals.
        globals_ = None if shared else self.globals
        return new_context(self.environment, self.name, self.blocks, vars, shared, globals_, locals)

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        # The global names of a page that imports this template are the environment's, so one module does for all.
        return super()._get_default_module()


class PageEnvironment(Environment):
    code_generator_class = PageCode
    template_class = PageTemplate

    @staticmethod
    def shown(value: Any) -> str:
        """Return the value as HTML: escaped unless it is markup."""
        kind = type(value)
        if kind is str:
            return escaped_text(value)  # making it a Markup costs more than escaping it
        if kind is Markup or kind is SafeString:
            return value  # type: ignore[no-any-return]
        return str(value) if kind is int else escape(printable(value))


class Loader(FileSystemLoader):
    """Strip indentation and empty lines, a third of a page's bytes."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template.startswith("django/"):  # the other engine's
            raise TemplateNotFound(template)
        source, path, is_current = super().get_source(environment, template)
        return _prepared(source), path, is_current


def _prepared(source: str) -> str:
    """Strip indentation and inline icons at compile time; a page has hundreds of them."""
    source = ICONS.sub(lambda found: str(components.icon(found[1])), source)
    if PRESERVED.search(source):
        return source
    return TAG_LINES.sub(r"\1", INDENTATION.sub("\n", source))


def printable(value: Any) -> Any:
    """Return the value if it may be printed.

    Raises TypeError for uncalled functions and unformatted dates.
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, (datetime, date, time)):
        raise TypeError(f"{value!r} is printed as it is; use relative_time() or the date filter.")
    # Bound fields and undefined values are callable, but may be printed: the latter raise their own error.
    if callable(value) and not isinstance(value, (BoundField, Undefined)):
        raise TypeError(f"{value!r} is printed without being called.")
    return value


@lru_cache(maxsize=8192)
def _translated(message: str, language: str | None) -> tuple[Markup, Markup]:
    """Return the translation twice: as a format string, and formatted without values."""
    sentence = Markup(gettext(message))  # noqa: S704 - a literal of a template
    return sentence, sentence % {} if "%(" not in sentence else sentence


def translate(message: str, /, **values: Any) -> Markup:
    """Translate a template's sentence; values are escaped and isolated. A literal % must be doubled."""
    sentence, plain = _translated(message, _language.get() or get_language())
    return _filled(sentence, values) if values else plain


def translate_plural(singular: str, plural: str, number: int, /, **values: Any) -> Markup:
    """Translate a sentence with a number, available as %(num)s."""
    if not values:
        return _plural(singular, plural, number, _language.get() or get_language())
    sentence = Markup(ngettext(singular, plural, number))  # noqa: S704 - literals of a template
    return _filled(sentence, {"num": number, **values})


def _filled(sentence: Markup, values: dict[str, Any]) -> Markup:
    """Fill in values: names and titles are isolated and escaped; markup and numbers are left alone."""
    shown = {
        name: value if type(value) in (Markup, SafeString, int, float) else escaped_text(isolated(str(value)))
        for name, value in values.items()
    }
    return Markup(str(sentence) % shown)  # noqa: S704 - escaped above, which is faster than `Markup % values`


@lru_cache(maxsize=8192)
def _plural(singular: str, plural: str, number: int, language: str | None) -> Markup:
    return Markup(ngettext(singular, plural, number)) % {"num": number}  # noqa: S704 - literals of a template


def relative_time(moment: datetime | None, *, narrow: bool = False) -> SafeString:
    return components.relative_time(moment, narrow=narrow, zone=_zone.get())


def format_date(value: date | None, form: str = "j F Y") -> str:
    """Format a date, or a datetime in the reader's time zone; an empty string for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.template_localtime(value)  # type: ignore[attr-defined]
    return formats.date_format(value, form)


def format_number(value: float, decimals: int = 0) -> str:
    """Format a number as Django's `floatformat` does; negative `decimals` omit trailing zeros."""
    return str(floatformat(value, decimals))


def environment(**options: Any) -> Environment:
    """Return the environment that `TEMPLATES` names."""
    options["loader"] = Loader(options["loader"].searchpath)
    env = PageEnvironment(
        **{**options, "undefined": StrictUndefined},
        finalize=printable,
        extensions=["jinja2.ext.i18n"],
        # Change the pattern with PageCode, so that stale bytecode is not used.
        bytecode_cache=FileSystemBytecodeCache(pattern="__caravan_5_%s.cache"),
        cache_size=-1,  # a plain dict: finding a template again in an LRU cache of 150 takes longer than a small one
    )
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.policies["ext.i18n.trimmed"] = True  # so that line breaks do not change the msgid
    env.globals.update(
        _=translate,
        gettext=translate,
        ngettext=translate_plural,
        relative_time=relative_time,
        icon=components.icon,
        htmx_script=lru_cache(htmx_script),
        querystring=components.querystring,
        static=lru_cache(static),
        url=address,
        data_block=data_block,
        name_of_site=settings.SITE_NAME,  # for error pages; others get `site_name` with the request
    )
    env.filters.update(
        capfirst=capfirst,
        compact=components.compact,
        date=format_date,
        excerpt=components.excerpt,
        floatformat=format_number,
        hue=components.hue,
        initials=components.initials,
        isolated=isolated,
        json_script=json_script,
        linebreaks=lambda text: SafeString(linebreaks(text, autoescape=True)),
        picture=components.picture,
        truncatechars=lambda text, length: Truncator(text).chars(length),
    )
    return env
