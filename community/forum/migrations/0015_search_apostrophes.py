from django.db import migrations

# Everything but letters, in the scripts that write words with apostrophes.
OTHER = r"\u0001-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f"

FORWARD = rf"""
ALTER FUNCTION forum_fold RENAME TO forum_fold_words;

-- Words as above; the parts of O'Brien, l'eau and комп'ютер are joined by a hyphen, those of don't and I'll are not.
CREATE FUNCTION forum_fold(body text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
BEGIN
  RETURN public.forum_fold_words(
    regexp_replace(body, '(?<=[^{OTHER}])[''\u2018\u2019\u02bc](?=[^{OTHER}]{{3}})', '-', 'g')
  );
END $$;
"""
BACKWARD = """
DROP FUNCTION forum_fold;
ALTER FUNCTION forum_fold_words RENAME TO forum_fold;
"""


class Migration(migrations.Migration):
    """Let names with an apostrophe be found without it."""

    dependencies = [("forum", "0014_bound_search_text")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
