from django.db import migrations

FUNCTION = """
-- The words of a text, with compounds whole and in parts; the parts come last so that phrases stay together.
CREATE OR REPLACE FUNCTION forum_words(body text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
DECLARE
  folded text := {folded};
  parts text := '';
BEGIN
  IF strpos(folded, '-') > 0 THEN
    parts := (SELECT string_agg(replace(compound[1], '-', ' '), ' ') FROM regexp_matches(folded, '[^ \\n-]+(?:-[^ \\n-]+)+', 'g') AS compound);
    folded := replace(folded, '-', '') || E'\\n' || coalesce(parts, '');
  END IF;
  RETURN to_tsvector('pg_catalog.english', public.forum_spaced(folded));
END $$;
"""
FOLDED = "public.forum_fold(left(body, 60000))"


class Migration(migrations.Migration):
    """Bound the folded text, because a character can stand for up to 18."""

    dependencies = [("forum", "0013_index_announcements")]

    operations = [
        migrations.RunSQL(
            FUNCTION.format(folded=f"left({FOLDED}, greatest(length(body), 40000))"),
            FUNCTION.format(folded=FOLDED),
        )
    ]
