from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("qa", "0001_initial")]

    operations = [
        # An interrupted run leaves an invalid index behind.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS question_accepted", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "question",
            models.Index(
                condition=models.Q(accepted_at__isnull=False),
                fields=["-accepted_at"],
                name="question_accepted",
            ),
        ),
    ]
