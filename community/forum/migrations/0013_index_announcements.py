from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0012_category_formulas")]

    operations = [
        # An interrupted run leaves an invalid index behind.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS topic_announcements", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "topic",
            models.Index(
                condition=models.Q(kind="announcement", status="published"),
                fields=["-created_at"],
                name="topic_announcements",
            ),
        ),
    ]
