from django.db import connection, migrations, transaction

BATCH = 200


def fill(apps, schema_editor):
    """Set the words of all posts and titles in small transactions; resumes after an interruption."""
    for model, expression in (
        ("Post", "forum_words(forum_post_text(markup, source, html))"),
        ("Topic", "setweight(forum_words(title), 'A')"),
    ):
        table = apps.get_model("forum", model)._meta.db_table
        after = 0
        while after is not None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    f"WITH batch AS (SELECT id FROM {table} WHERE id > %s AND words IS NULL ORDER BY id LIMIT %s FOR UPDATE),"  # noqa: S608
                    f" filled AS (UPDATE {table} SET words = {expression} FROM batch WHERE {table}.id = batch.id)"
                    " SELECT max(id) FROM batch",
                    [after, BATCH],
                )
                (after,) = cursor.fetchone()


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0006_search_words")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
