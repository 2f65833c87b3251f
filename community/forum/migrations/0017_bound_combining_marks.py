import unicodedata

from django.db import migrations

PLAIN = "normalize(body, NFKD)"
REPLACE = """
DO $$ BEGIN
  EXECUTE replace(pg_get_functiondef('public.forum_fold_words(text)'::regprocedure), $old${old}$old$, $new${new}$new$);
END $$;
"""


def marks():
    """Return the ranges of characters that are combining marks or stand for some, for a regular expression."""
    ranges = []
    for code in [*range(0x300, 0xD800), *range(0xE000, 0x1F000)]:
        if unicodedata.combining(unicodedata.normalize("NFKD", chr(code))[0]):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


MARKS = marks()
BOUND = f"normalize(regexp_replace(body, '([{MARKS}]{{30}})[{MARKS}]+', '\\1', 'g'), NFKD)"


class Migration(migrations.Migration):
    """Fold at most 30 combining marks in a row, because normalization sorts them in quadratic time."""

    dependencies = [("forum", "0016_fill_search_apostrophes")]

    operations = [
        migrations.RunSQL(REPLACE.format(old=PLAIN, new=BOUND), REPLACE.format(old=BOUND, new=PLAIN))
    ]
