"""Topic URLs contain the words of their titles, in any script."""

import importlib
from urllib.parse import quote

import pytest
from django.apps import apps

from community.forum.models import Topic
from community.forum.services import topics
from tests.factories.forum import CategoryFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

ARABIC = "كيف أنظف آلة القهوة؟"


def test_topic_url_contains_the_words_of_its_title(client):
    topic = topics.create(
        CategoryFactory(),
        author=MemberFactory(),
        kind="discussion",
        title=ARABIC,
        source="Every day, or not?",
    )

    assert topic.get_absolute_url() == f"/t/{topic.pk}/{quote('كيف-أنظف-آلة-القهوة')}/"
    assert client.get(topic.get_absolute_url()).status_code == 200
    for other in ("topic", "x.y", "😀", "كيف"):
        response = client.get(f"/t/{topic.pk}/{other}/")
        assert (response.status_code, response["Location"]) == (301, topic.get_absolute_url())


def test_title_without_letters_is_a_topic():
    assert topics.slug("😀 🎉 !!") == "topic"


def test_migration_writes_the_words_of_titles_in_other_scripts():
    arabic, emoji, latin = (TopicFactory(title=title, slug="topic") for title in (ARABIC, "😀😀", "Tea?"))
    Topic.objects.filter(pk=latin.pk).update(slug="tea")
    migration = importlib.import_module("community.forum.migrations.0011_slugs_of_other_scripts")

    for _ in range(2):
        migration.write_words(apps, None)

    slugs = dict(Topic.objects.values_list("pk", "slug"))
    assert [slugs[topic.pk] for topic in (arabic, emoji, latin)] == ["كيف-أنظف-آلة-القهوة", "topic", "tea"]
