"""Tags whose slugs would be equal remain separate tags."""

import pytest

from community.forum.models import Tag
from community.forum.services import tags
from tests.factories.forum import TopicFactory

from .pages import titles

pytestmark = pytest.mark.django_db

# Both names of each pair have the same plain slug.
ALIKE = [("m2", "m²"), ("c-plus", "c+"), ("½", "1⁄2"), ("a-dot-b", "a.b"), ("ﬁne", "fine")]


@pytest.mark.parametrize(("one", "other"), ALIKE)
@pytest.mark.parametrize("together", [True, False])
def test_get_or_create_keeps_similar_tags_apart(one, other, together):
    found = (
        tags.get_or_create([one, other])
        if together
        else [*tags.get_or_create([one]), *tags.get_or_create([other])]
    )

    wanted = [tags.normalize(name) for name in (one, other)]
    assert [tag.name for tag in found] == wanted
    assert len({tag.slug for tag in found}) == len(set(wanted))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("हिन्दी", "हिन्दी"),
        ("กาแฟดี", "กาแฟดี"),
        ("Cafe\u0301 au lait", "café-au-lait"),
        ("\u2615\ufe0f Milk", "milk"),
        ("\u0301\u0301", ""),
        ("C++ & C#", "c++-c#"),
    ],
)
def test_normalize_keeps_the_marks_of_letters(typed, name):
    assert tags.normalize(typed) == name


def test_tag_of_another_script_has_a_page(client):
    (tag,) = tags.get_or_create(["हिन्दी"])
    TopicFactory().tags.add(tag)

    assert client.get(tag.get_absolute_url()).status_code == 200


def test_get_or_create_is_idempotent():
    first = tags.get_or_create(["m2", "m²"])

    assert tags.get_or_create(["m²", "m2"]) == first[::-1]
    assert Tag.objects.count() == 2


def test_a_unique_slug_fits_the_longest_name():
    names = ["x" * 34 + "2", "x" * 34 + "²"]

    assert [tag.name for tag in tags.get_or_create(names)] == names
    assert max(len(tag.slug) for tag in Tag.objects.all()) <= 40


def test_topics_of_similar_tags_are_not_mixed_up(client):
    for name in ("m2", "m²"):
        tags.assign(TopicFactory(title=f"All about {name} here"), [name])

    found = {tag.name: titles(client.get(tag.get_absolute_url())) for tag in Tag.objects.all()}

    assert found == {"m2": ["All about m2 here"], "m²": ["All about m² here"]}


def test_a_topic_can_have_both_tags():
    topic = TopicFactory()

    assert set(tags.assign(topic, ["m2", "m²"])) == {"m2", "m²"}
    assert [tag.topic_count for tag in topic.tags.all()] == [1, 1]


def test_a_tag_whose_name_has_the_slug_made_for_another_gets_its_own():
    """A tag named like another tag's slug gets its own slug."""
    taken = tags.get_or_create(["m2", "m²"])[1].slug

    (tag,) = tags.get_or_create([taken])

    assert (tag.name, tag.slug != taken) == (taken, True)
