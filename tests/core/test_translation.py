"""Every sentence can be translated: it goes through gettext as a literal, and extraction finds it."""

import pytest

from tests.translation import (
    HOLE,
    ROOT,
    bare_strings,
    catalogue,
    django_sentences,
    django_templates,
    jinja_templates,
    letters_of,
    parsed,
    placeholders,
    python_calls,
    python_files,
    sentences,
    with_holes,
    without_tags,
)

TEMPLATES = sorted(jinja_templates())
# Templates that are part of a tag, with the tag.
PIECES = {"_body_attributes.html": "<body {}>"}
NO_SENTENCES = {"components/editor.html": [f"{HOLE}?topic={HOLE}"]}  # an address


def unwrapped(template):
    return [*letters_of(with_holes(template)), *bare_strings(template)]


def test_there_are_templates_to_check():
    assert len(TEMPLATES) > 150
    assert sum(len(list(sentences(jinja_templates()[name], name))) for name in TEMPLATES) > 700


# The checks themselves


@pytest.mark.parametrize(
    "source",
    [
        "<p>Nobody is here</p>",
        '<p title="Nobody"></p>',
        '<button aria-label="{% if a %}{{ _("Yes") }}{% else %}No{% endif %}"></button>',
        '<p {% if a %}class="a"{% endif %} title="Nobody {{ a }}">',
        "<{{ a }} title='Nobody'></{{ a }}>",
        '<p data-confirm="Do you really?">',
        '<input type="submit" value="Send">',
        '{{ a or "nobody" }}',
        '{{ "Yes" if a else _("No") }}',
        '{{ a("Home") }}',
        '{% set a = "Nobody is here" %}',
        '{{ _("%(a)s replied", a=a or "Nobody") }}',
        "{% macro a() %}{% for b in c %}{% if d %}Nobody{% endif %}{% endfor %}{% endmacro %}",
    ],
)
def test_unwrapped_sentences_are_detected(source):
    assert unwrapped(parsed(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        '<p class="meta small" id="a">{{ _("Nobody") }} · 1</p>',
        '<p{% if a %} class="a"{% endif %} title="{{ _("Nobody") }}">→</p>',
        '<input type="text" value="abc"><code>SELECT</code>',
        "{% trans a=b %}Go <a href='/x'>{{ a }}</a>{% endtrans %}",
        '{{ a|date("j F Y") }}{# Nobody #}{{ icon("arrow-up") }}',
    ],
)
def test_wrapped_sentences_are_not_reported(source):
    assert unwrapped(parsed(source)) == []


# Pages


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_sentence_of_a_template_is_wrapped(name):
    template = jinja_templates()[name]

    letters = letters_of(PIECES.get(name, "{}").format(with_holes(template)))

    assert [*letters, *bare_strings(template)] == NO_SENTENCES.get(name, [])


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_sentence_of_a_template_is_a_literal(name):
    found = sentences(jinja_templates()[name], name)

    assert [one.place for one in found if not one.is_literal] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_placeholder_of_a_template_is_filled(name):
    for sentence in sentences(jinja_templates()[name], name):
        wanted = frozenset[str]().union(*(placeholders(text) for text in sentence.literals))

        assert wanted - {"num", "count"} == sentence.given - {"num", "count"}, sentence.place


# Django templates: the admin, accounts and emails


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Nobody {{ a }}</p>", [f"Nobody {HOLE}"]),
        (
            '<p title="{% translate "Nobody" %}">{% blocktranslate %}Nobody {{ a }}{% endblocktranslate %}</p>',
            [],
        ),
        ('<p{% if a %} class="a"{% endif %} title="Nobody">', ["Nobody"]),
    ],
)
def test_unwrapped_sentences_of_django_templates_are_detected(source, found):
    assert letters_of(without_tags(source)) == found


@pytest.mark.parametrize(
    "path", django_templates(), ids=lambda path: str(path.relative_to(ROOT / "templates"))
)
def test_every_sentence_of_a_django_template_is_wrapped(path):
    assert letters_of(without_tags(path.read_text())) == []


# Python

# It passes on literals of templates, which are checked above.
HANDING_ON = ROOT / "community/core/jinja.py"
CALLS = [call for path in python_files() if path != HANDING_ON for call in python_calls(path)]


def test_every_sentence_of_python_is_a_literal():
    assert len(CALLS) > 300
    wrong = [call.place for call in CALLS if not call.is_literal]

    assert "\n".join(wrong) == ""


def test_translations_at_import_time_are_lazy():
    """Otherwise it would stay in the language of the first request."""
    wrong = [call.place for call in CALLS if call.is_at_import and not call.function.endswith("_lazy")]

    assert "\n".join(wrong) == ""


def test_every_placeholder_of_python_is_filled():
    wrong = [
        call.place
        for call in CALLS
        if call.given is not None and call.given != frozenset[str]().union(*map(placeholders, call.literals))
    ]

    assert wrong == []


# Extraction


@pytest.fixture(scope="module")
def collected():
    return {
        text for message in catalogue() for text in (message.id if message.pluralizable else [message.id])
    }


def test_extraction_finds_every_sentence_of_the_templates(collected):
    looked_up = {
        text
        for name in TEMPLATES
        for one in sentences(jinja_templates()[name], name)
        for text in one.literals
    }

    assert looked_up - collected == set()


def test_extraction_finds_every_sentence_of_python(collected):
    assert {text for call in CALLS for text in call.literals} - collected == set()


def test_extraction_finds_every_sentence_of_django_templates(collected):
    assert {text for path in django_templates() for text in django_sentences(path)} - collected == set()


def test_line_breaks_do_not_change_a_sentence():
    template = parsed("{% trans %}\n  One\n  two\n{% endtrans %}")

    assert [one.literals for one in sentences(template, "")] == [("One two",)]
