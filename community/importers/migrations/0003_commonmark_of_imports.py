from django.db import migrations
from django.db.models import Max

BATCH_SIZE = 5_000


def set_commonmark(apps, schema_editor):
    """Mark posts imported before markup was stored: in them, single line breaks are spaces."""
    rows = apps.get_model("importers", "ImportedRow").objects.filter(kind__in=["post", "comment"])
    posts = apps.get_model("forum", "Post").objects.exclude(markup="commonmark")
    revisions = apps.get_model("forum", "Revision").objects.exclude(markup="commonmark")
    newest = rows.aggregate(newest=Max("pk"))["newest"] or 0
    for start in range(0, newest + 1, BATCH_SIZE):
        ids = rows.filter(pk__gte=start, pk__lt=start + BATCH_SIZE).values("target_id")
        posts.filter(pk__in=ids).update(markup="commonmark")
        revisions.filter(post__in=ids).update(markup="commonmark")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("importers", "0002_reword_help_texts"), ("forum", "0005_post_markup")]
    operations = [migrations.RunPython(set_commonmark, migrations.RunPython.noop, elidable=True)]
