"""Pages in a pseudo language that puts brackets around translated text; text outside them is not translatable."""

import re
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from django.utils.translation import gettext

from advocacy import labels as advocacy_labels
from community.badges.models import Badge
from community.events.catalogue import EVENT_TYPES
from journeys import event_text
from tests.factories.forum import CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.translation import Reader, catalogue

# Django's own strings are in Greek, and so are names and titles.
LANGUAGE = "el"
OPEN, CLOSE = "⟦", "⟧"
LATIN = re.compile(r"(?<![@\w])[A-Za-z]{2,}")  # not @names
# Names of time zones are those of the world's database.
UNREAD = re.compile(
    r'<relative-time.*?</relative-time>|<(script|style)\b.*?</\1>|data-kinds="[^"]*"'
    r'|<select name="time_zone".*?</select>',
    re.DOTALL,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("locale")
    messages = folder / LANGUAGE / "LC_MESSAGES"
    messages.mkdir(parents=True)
    translated = catalogue()
    for message in translated:
        if message.id and message.pluralizable:
            message.string = tuple(f"{OPEN}{one}{CLOSE}" for one in message.id)
        elif message.id:
            message.string = f"{OPEN}{message.id}{CLOSE}"
    with (messages / "django.mo").open("wb") as file:
        write_mo(file, translated)
    return folder


@pytest.fixture
def brackets(folder, settings):
    settings.LOCALE_PATHS = [folder]
    settings.LANGUAGES = [(LANGUAGE, "Ελληνικά")]
    settings.LANGUAGE_CODE = LANGUAGE
    settings.SITE_NAME = "Καραβάνι"


def outside(html: str) -> list[str]:
    """Return the texts that have a word outside brackets."""
    html = UNREAD.sub("", html)
    while (shorter := re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "·", html)) != html:
        html = shorter
    reader = Reader()
    reader.feed(html)
    reader.close()
    return [text for _, text in reader.found if LATIN.search(text)]


@pytest.fixture
def places(db):
    member = MemberFactory(username="ada", display_name="Άδα")
    category = CategoryFactory(name="Μηχανές", slug="machines", description="Όλα")
    topic = TopicFactory(
        category=category,
        author=member,
        kind="question",
        title="Γιατί;",
        opening__source="Ναι",
        opening__html="<p>Ναι</p>",
    )
    PostFactory(
        topic=topic,
        author=MemberFactory(username="bo", display_name="Μπο"),
        kind="answer",
        source="Όχι",
        html="<p>Όχι</p>",
    )
    Badge.objects.update(name="Σήμα", sentence="Γεια")
    return {"topic": topic.pk, "category": category.pk}


def test_text_outside_brackets_is_detected():
    assert outside("<p>⟦One ⟦two⟧⟧</p><p title='Three'>Τέσσερα</p>") == ["Three"]


def test_the_language_puts_brackets_around(brackets):
    assert gettext("Log in") == "⟦Log in⟧"


PAGES = [
    "/",
    "/latest/",
    "/t/{topic}/",
    "/search/?q=x",
    "/search/",
    "/u/ada/",
    "/desk/",
    "/journeys/",
    "/journeys/members/ada/",
    "/advocacy/",
    "/me/",
    "/me/journey/",
    "/me/advocacy/",
    "/me/notifications/",
    "/new/",
    "/tags/",
    "/prospects/",
    "/badges/",
    "/journeys/rules/",
    "/me/settings/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/me/decisions/",
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_untranslated_text(client, places, brackets, path):
    client.force_login(MemberFactory(username="max", display_name="Μαξ", role="manager"))

    response = client.get(path.format(**places), follow=True)

    assert response.status_code == 200
    assert "\n".join(outside(response.text)) == ""


def test_what_events_and_scores_say_has_no_word_outside(brackets):
    said = [
        *(event.says for event in EVENT_TYPES.values()),
        *event_text.OWN.values(),
        *event_text.PREPOSITIONS.values(),
        *(advocacy_labels.acts(kind, 3) for kind in advocacy_labels.ACTS),
        *(advocacy_labels.left_out("reply.created", why, 1) for why in advocacy_labels.LEFT_OUT),
    ]

    assert [text for text in map(str, said) if outside(text)] == []
