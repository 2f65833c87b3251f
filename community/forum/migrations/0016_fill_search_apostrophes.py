from django.db import connection, migrations, transaction

BATCH = 500
APOSTROPHE = r"[^\s!-@][''\u2018\u2019\u02bc][^\s!-@]{3}"


def fill(apps, schema_editor):
    """Set the words of posts and titles with apostrophes anew, in small transactions; running it again is harmless."""
    for model, text, words in (
        ("Post", "forum_post_text(markup, source, html)", "forum_words({})"),
        ("Topic", "title", "setweight(forum_words({}), 'A')"),
    ):
        objects = apps.get_model("forum", model).objects.order_by("-pk")
        last = objects.values_list("pk", flat=True).first() or 0
        for start in range(0, last, BATCH):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE {objects.model._meta.db_table} SET search = {words.format(text)}"  # noqa: S608
                    f" WHERE id > %s AND id <= %s AND {text} ~ '{APOSTROPHE}'",
                    [start, start + BATCH],
                )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0015_search_apostrophes")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
