import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

# An interrupted run leaves an invalid index behind.
RESTART = [
    migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", migrations.RunSQL.noop)
    for name in ("post_words", "topic_words")
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0007_fill_search_words")]

    operations = [
        *RESTART,
        AddIndexConcurrently(
            "post", django.contrib.postgres.indexes.GinIndex(fields=["words"], name="post_words")
        ),
        AddIndexConcurrently(
            "topic", django.contrib.postgres.indexes.GinIndex(fields=["words"], name="topic_words")
        ),
    ]
