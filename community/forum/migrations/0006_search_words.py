"""Search words, normalized so that unintended differences in spelling do not matter.

The functions do not depend on the database's locale or version: they use character codes from tables generated from
Python's Unicode data.
"""

import unicodedata

import django.contrib.postgres.search
from django.db import migrations

ARABIC_AND_HEBREW_MARKS = r"\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
INVISIBLE = r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
# Scripts written without spaces between words, and Korean, which attaches particles to words.
UNSPACED = (
    r"\u0e00-\u0eff\u0f00-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\u2e80-\u2fdf"
    r"\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff\u3400-\u9fff\ua980-\ua9df"
    r"\uaa60-\uaadf\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Letters that have no Unicode decomposition.
SINGLE = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "ς": "σ"}
SCRIPTS = ((0x80, 0x180), (0x180, 0x370), (0x370, 0x400), (0x400, 0x430), (0x430, 0x530), (0x530, 0xE00))
DOUBLE = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}


def separators():
    """Return the ranges of non-ASCII characters that separate words, for a regular expression."""
    ranges, start, end = [], 0, 0
    for code in [*range(0x80, 0xD800), *range(0xE000, 0x110000)]:
        category = unicodedata.category(chr(code))
        if category == "Cn":  # unassigned; belongs to either neighbour
            continue
        if category[0] in "PSZ" or category in ("Cc", "Co"):
            start, end = start or code, code
        elif start:
            ranges.append((start, end))
            start = 0
    if start:
        ranges.append((start, end))
    return "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in ranges)


def letters():
    """Return letters and digits with their replacements: lower case and ASCII digits."""
    table = dict(SINGLE)
    for character in map(chr, range(0x80, 0x0E00)):
        lower = character.lower()
        if unicodedata.normalize("NFKD", character) != character:
            continue
        if character < "\u0590" and len(lower) == 1 and lower != character:
            table[character] = SINGLE.get(lower, lower)
        elif unicodedata.category(character) == "Nd":
            table[character] = str(unicodedata.digit(character))
    return table


def translations():
    """Return statements that translate the letters, one per script, because long tables are slow for each character."""
    statements, table = [], letters()
    for start, end in SCRIPTS:
        found = [one for one in table if start <= ord(one) < end]
        originals, replacements = "".join(found), "".join(table[one] for one in found)
        statements.append(
            f"IF body ~ '[{originals}]' THEN body := translate(body, '{originals}', '{replacements}'); END IF;"
        )
    return "\n    ".join(statements)


FORWARD = r"""
-- Lower-case text without diacritics. Everything that separates words becomes a space, except line breaks. Parts of a
-- word are joined by a hyphen: wi-fi, 1-299.
CREATE FUNCTION forum_fold(body text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
BEGIN
  IF octet_length(body) <> length(body) THEN
    body := regexp_replace(translate(body, U&'\2122\2120', '  '), '(\d)[\u00a0\u2009\u202f\u2019](?=\d\d\d(?!\d))', '\1,', 'g');
    body := regexp_replace(normalize(body, NFKD), '[\u0300-\u036f%(marks)s]+', '', 'g');
    %(translations)s
    body := normalize(body, NFC);
    IF body ~ '[%(doubles)s]' THEN
      body := %(replaced)s;
    END IF;
    body := translate(body, U&'\2010\2011', '--');
  END IF;
  body := lower(body COLLATE "C");
  body := regexp_replace(body, '(\d)[,.''](?=\d\d\d(?!\d))', '\1-', 'g');
  IF octet_length(body) <> length(body) THEN
    body := regexp_replace(body, '[\u0001-\u0009\u000b-\u002c\u002e\u002f\u003a-\u0060\u007b-\u007f%(separators)s]+', ' ', 'g');
  ELSE
    body := regexp_replace(body, '[^a-z0-9\n-]+', ' ', 'g');
  END IF;
  IF strpos(body, '-') > 0 THEN
    body := regexp_replace(body, '(?<![^ \n])-+|--+|-+(?![^ \n-])', ' ', 'g');
  END IF;
  RETURN body;
END $$;

-- In scripts without spaces, each pair of adjacent characters as a word, and the last character of a run.
CREATE FUNCTION forum_spaced(body text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
BEGIN
  IF octet_length(body) = length(body) OR body !~ '[%(unspaced)s]' THEN
    RETURN body;
  END IF;
  RETURN (
    SELECT string_agg(CASE WHEN is_unspaced THEN ' ' || one || CASE WHEN next_is THEN next ELSE ' ' END ELSE one END, '' ORDER BY i)
    FROM (
      SELECT one, i, is_unspaced, lead(one) OVER (ORDER BY i) AS next, lead(is_unspaced) OVER (ORDER BY i) AS next_is
      FROM (
        SELECT one, i, one ~ '[%(unspaced)s]' AS is_unspaced
        FROM unnest(string_to_array(body, NULL)) WITH ORDINALITY AS characters(one, i)
      ) AS characters
    ) AS pairs
  );
END $$;

-- The words of a text, with compounds whole and in parts; the parts come last so that phrases stay together.
CREATE FUNCTION forum_words(body text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
DECLARE
  folded text := public.forum_fold(left(body, 60000));
  parts text := '';
BEGIN
  IF strpos(folded, '-') > 0 THEN
    parts := (SELECT string_agg(replace(compound[1], '-', ' '), ' ') FROM regexp_matches(folded, '[^ \n-]+(?:-[^ \n-]+)+', 'g') AS compound);
    folded := replace(folded, '-', '') || E'\n' || coalesce(parts, '');
  END IF;
  RETURN to_tsvector('pg_catalog.english', public.forum_spaced(folded));
END $$;

-- The text of a post; for HTML, that of the rendered HTML, which has no other entities.
CREATE FUNCTION forum_post_text(markup text, source text, html text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
BEGIN
  IF markup <> 'html' THEN
    RETURN source;
  END IF;
  html := regexp_replace(html, '</?(?:%(inline)s)(?: [^<>"]*(?:"[^"]*"[^<>"]*)*)?>', '', 'g');
  RETURN regexp_replace(html, '<[^<>"]*(?:"[^"]*"[^<>"]*)*>|&(?:amp|lt|gt|quot|#\w+);', ' ', 'g');
END $$;

-- Words are set by triggers instead of generated columns, because adding those rewrites a table under a lock.
CREATE FUNCTION forum_post_words() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.words := public.forum_words(public.forum_post_text(NEW.markup, NEW.source, NEW.html));
  RETURN NEW;
END $$;
CREATE FUNCTION forum_topic_words() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.words := setweight(public.forum_words(NEW.title), 'A');
  RETURN NEW;
END $$;
CREATE TRIGGER set_words BEFORE INSERT OR UPDATE OF markup, source, html ON forum_post
FOR EACH ROW EXECUTE FUNCTION forum_post_words();
CREATE TRIGGER set_words BEFORE INSERT OR UPDATE OF title ON forum_topic
FOR EACH ROW EXECUTE FUNCTION forum_topic_words();
"""
BACKWARD = """
DROP TRIGGER set_words ON forum_post;
DROP TRIGGER set_words ON forum_topic;
DROP FUNCTION forum_post_words, forum_topic_words, forum_post_text, forum_words, forum_spaced, forum_fold;
"""


def forward():
    replaced = "body"
    for letter, pair in DOUBLE.items():
        replaced = f"replace({replaced}, '{letter}', '{pair}')"
    values = {
        "marks": ARABIC_AND_HEBREW_MARKS + INVISIBLE,
        "translations": translations(),
        "doubles": "".join(DOUBLE),
        "replaced": replaced,
        "separators": separators(),
        "inline": "a|abbr|b|code|del|em|i|ins|kbd|mark|s|samp|small|span|strong|sub|sup|u|var|wbr",
        "unspaced": UNSPACED,
    }
    return FORWARD % values


class Migration(migrations.Migration):
    dependencies = [("forum", "0005_post_markup")]

    operations = [
        migrations.AddField(
            "post", "words", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)
        ),
        migrations.AddField(
            "topic", "words", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)
        ),
        migrations.RunSQL(forward(), BACKWARD),
    ]
