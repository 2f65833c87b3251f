from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION forum_post_words() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.search := public.forum_words(public.forum_post_text(NEW.markup, NEW.source, NEW.html));
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION forum_topic_words() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.search := setweight(public.forum_words(NEW.title), 'A');
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    """Replace the generated column `search` with `words`, keeping the name."""

    dependencies = [("forum", "0008_index_search_words")]

    operations = [
        migrations.RemoveIndex("post", "post_search"),
        migrations.RemoveIndex("topic", "topic_search"),
        migrations.RemoveField("post", "search"),
        migrations.RemoveField("topic", "search"),
        migrations.RenameField("post", "words", "search"),
        migrations.RenameField("topic", "words", "search"),
        # Renaming a field leaves its old name in the indexes of Django's migration state.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("post", "post_words"),
                migrations.RemoveIndex("topic", "topic_words"),
                migrations.AddIndex("post", GinIndex(fields=["search"], name="post_words")),
                migrations.AddIndex("topic", GinIndex(fields=["search"], name="topic_words")),
            ]
        ),
        migrations.RunSQL(FORWARD, FORWARD.replace("NEW.search", "NEW.words")),
    ]
