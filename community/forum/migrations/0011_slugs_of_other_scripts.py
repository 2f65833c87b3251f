from django.db import migrations

from community.core.text import url_words

BATCH_SIZE = 1_000


def write_words(apps, schema_editor):
    """Set slugs for topics whose titles have no Latin letters; old URLs redirect."""
    topics = apps.get_model("forum", "Topic").objects.filter(slug="topic").order_by("pk")
    last = 0
    while batch := list(topics.filter(pk__gt=last).only("pk", "title")[:BATCH_SIZE]):
        last = batch[-1].pk
        for topic in batch:
            if words := url_words(topic.title, length=100):
                topics.filter(pk=topic.pk).update(slug=words)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("forum", "0010_unicode_slugs")]
    operations = [migrations.RunPython(write_words, migrations.RunPython.noop, elidable=True)]
