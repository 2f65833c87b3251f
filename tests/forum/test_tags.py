"""Tags that look alike in an address are still two tags."""

import pytest

from community.forum.models import Tag
from community.forum.services import tags
from tests.factories.forum import TopicFactory

from .pages import titles

pytestmark = pytest.mark.django_db

# Each pair has one slug, and is two tags nevertheless.
ALIKE = [("m2", "m²"), ("c-plus", "c+"), ("½", "1⁄2"), ("a-dot-b", "a.b"), ("ﬁne", "fine")]


@pytest.mark.parametrize(("one", "other"), ALIKE)
@pytest.mark.parametrize("together", [True, False])
def test_find_tags_keeps_tags_apart_that_look_alike(one, other, together):
    found = (
        tags.get_or_create([one, other])
        if together
        else [*tags.get_or_create([one]), *tags.get_or_create([other])]
    )

    wanted = [tags.normalize(name) for name in (one, other)]
    assert [tag.name for tag in found] == wanted
    assert len({tag.slug for tag in found}) == len(set(wanted))


def test_find_tags_twice_makes_none_anew():
    first = tags.get_or_create(["m2", "m²"])

    assert tags.get_or_create(["m²", "m2"]) == first[::-1]
    assert Tag.objects.count() == 2


def test_a_slug_of_its_own_fits_the_longest_name():
    names = ["x" * 34 + "2", "x" * 34 + "²"]

    assert [tag.name for tag in tags.get_or_create(names)] == names
    assert max(len(tag.slug) for tag in Tag.objects.all()) <= 40


def test_topics_of_tags_that_look_alike_are_not_mixed_up(client):
    for name in ("m2", "m²"):
        tags.assign(TopicFactory(title=f"All about {name} here"), [name])

    found = {tag.name: titles(client.get(tag.get_absolute_url())) for tag in Tag.objects.all()}

    assert found == {"m2": ["All about m2 here"], "m²": ["All about m² here"]}


def test_a_topic_may_have_both():
    topic = TopicFactory()

    assert set(tags.assign(topic, ["m2", "m²"])) == {"m2", "m²"}
    assert [tag.topic_count for tag in topic.tags.all()] == [1, 1]


def test_a_tag_whose_name_has_the_slug_made_for_another_gets_its_own():
    """Nobody can take a tag's address by writing it out as a name."""
    taken = tags.get_or_create(["m2", "m²"])[1].slug

    (tag,) = tags.get_or_create([taken])

    assert (tag.name, tag.slug != taken) == (taken, True)
