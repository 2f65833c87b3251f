"""The Jinja2 environment: undefined and unprintable values raise, and user input is escaped."""

from datetime import date, datetime, time

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from django.test import RequestFactory
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from django.views.defaults import server_error
from jinja2 import Environment, TemplateNotFound, UndefinedError

from tests.translation import jinja_templates, placeholders, sentences

SCRIPT = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.fixture(scope="module")
def env() -> Environment:
    return engines["jinja2"].env


def render(env: Environment, source: str, **context: object) -> str:
    return env.from_string(source).render(**context)


# Undefined values


@pytest.mark.parametrize(
    "source", ["{{ nobody }}", "{% if nobody %}{% endif %}", "{% for one in nobody %}{% endfor %}"]
)
def test_an_undefined_name_raises(env, source):
    with pytest.raises(UndefinedError, match="'nobody' is undefined"):
        render(env, source)


@pytest.mark.parametrize(
    "source", ["{{ user.is_team }}", "{% if user.is_team %}{% endif %}", "{{ user.a.b }}"]
)
def test_an_undefined_attribute_raises(env, source):
    with pytest.raises(UndefinedError, match="has no attribute"):
        render(env, source, user=AnonymousUser())


# Unprintable values


@pytest.mark.parametrize(
    "value", [datetime(2026, 1, 1), date(2026, 1, 1), time(12)], ids=["moment", "day", "hour"]
)
def test_an_unformatted_time_raises(env, value):
    with pytest.raises(TypeError, match="use relative_time"):
        render(env, "{{ value }}", value=value)


@pytest.mark.parametrize(
    "value", [len, AnonymousUser().has_perm, AnonymousUser], ids=["function", "method", "class"]
)
def test_an_uncalled_function_raises(env, value):
    with pytest.raises(TypeError, match="without being called"):
        render(env, "{{ value }}", value=value)


def test_an_uncalled_macro_raises(env):
    with pytest.raises(TypeError, match="without being called"):
        render(env, "{% macro chip() %}{% endmacro %}{{ chip }}")


def test_a_lazy_translation_is_printed(env):
    assert render(env, "{{ value }}", value=gettext_lazy("Yes")) == "Yes"


# Macros

CARD = (
    "{% macro card(name, tone='plain') %}{{ name }}, {{ tone }}{% endmacro %}"
    "{% macro box(name) %}{{ name }}: {{ caller() }}{% endmacro %}"
    "{% macro open_box(name) %}{{ name }}{% if caller is defined %}: {{ caller() }}{% endif %}{% endmacro %}"
)


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("{{ card(name) }}", f"{ESCAPED}, plain"),
        ("{{ card(tone='loud', name=name) }}", f"{ESCAPED}, loud"),
        ("{% call box(name) %}{{ card(name, 'loud') }}{% endcall %}", f"{ESCAPED}: {ESCAPED}, loud"),
        ("{{ open_box(1) }}, {% call open_box(2) %}x{% endcall %}", "1, 2: x"),
        ("{% for one in (1, 2) %}{{ card(loop.index) }};{% endfor %}", "1, plain;2, plain;"),
    ],
    ids=["default", "by name", "with a block", "with a block or without", "in a loop"],
)
def test_a_macro_takes_arguments_and_a_block(env, call, shown):
    assert render(env, CARD + call, name=SCRIPT) == shown


@pytest.mark.parametrize("call", ["card(1, 2, 3)", "card(1, colour=2)"])
def test_a_macro_refuses_arguments_that_it_does_not_have(env, call):
    with pytest.raises(TypeError, match="argument"):
        render(env, f"{CARD}{{{{ {call} }}}}")


@pytest.mark.parametrize("call", ["card()", "box(1)"])
def test_a_macro_without_what_it_needs_raises(env, call):
    with pytest.raises((UndefinedError, TypeError)):
        render(env, f"{CARD}{{{{ {call} }}}}")


# Escaping


def test_values_are_escaped(env):
    assert render(env, "{{ name }}", name=SCRIPT) == ESCAPED


def test_templates_of_every_name_are_escaped(env):
    """Django's backend escapes regardless of the file extension."""
    assert env.autoescape is True


def test_safe_strings_are_not_escaped(env):
    assert render(env, "{{ html }}", html=mark_safe("<b>x</b>")) == "<b>x</b>"


@pytest.mark.parametrize(
    "source",
    [
        '{{ _("%(name)s replied", name=name) }}',
        '{{ ngettext("%(name)s replied", "%(name)s replied", 2, name=name) }}',
        "{% trans name=name %}{{ name }} replied{% endtrans %}",
        "{% trans %}{{ name }} replied{% endtrans %}",
        "{% trans count=2, name=name %}{{ name }} replied{% pluralize %}{{ name }} replied{% endtrans %}",
    ],
)
def test_values_in_sentences_are_escaped_and_markup_is_not(env, source):
    assert render(env, source, name=SCRIPT) == f"{ESCAPED} replied"
    assert render(env, source, name=mark_safe("<b>Ada</b>")) == "<b>Ada</b> replied"


def test_a_name_in_any_sentence_is_escaped(env):
    found = {
        message: sentence.given
        for name, template in jinja_templates().items()
        for sentence in sentences(template, name)
        for message in sentence.literals
        if sentence.given & placeholders(message)
    }

    printed = {
        message: render(
            env,
            "{{ _(message, "
            + ", ".join(f"{name}=value" for name in sorted(names | placeholders(message)))
            + ") }}",
            message=message,
            value=SCRIPT,
        )
        for message, names in found.items()
    }

    assert len(printed) > 100
    assert [message for message, text in printed.items() if "<script" in text or ESCAPED not in text] == []


def test_a_name_beside_a_literal_is_not_part_of_it(env):
    """The argument must be a literal, because it is treated as safe HTML."""
    assert SCRIPT in render(env, '{{ _("Hello " ~ name) }}', name=mark_safe(SCRIPT))


# Error pages and the cache


def test_the_500_page_needs_neither_a_request_nor_the_database():
    """Not marked with django_db: a query would raise."""
    html = engines["jinja2"].get_template("500.html").render()

    assert "Something went wrong on our side" in html


def test_the_500_page_is_what_a_crash_shows():
    response = server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()


def test_compiled_templates_are_cached(env):
    env.get_template("404.html")
    source, path, _ = env.loader.get_source(env, "404.html")

    bucket = env.bytecode_cache.get_bucket(env, "404.html", path, source)

    assert bucket.code is not None


def test_a_cached_template_is_recompiled_when_it_changes(env):
    env.get_template("404.html")
    source, path, _ = env.loader.get_source(env, "404.html")

    bucket = env.bytecode_cache.get_bucket(env, "404.html", path, source + " ")

    assert bucket.code is None


def test_django_templates_are_not_found(env):
    with pytest.raises(TemplateNotFound):
        env.get_template("django/base.html")
