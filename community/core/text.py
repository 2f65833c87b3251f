"""Clean and shorten text."""

import re
import unicodedata
from math import ceil
from typing import Literal

import idna

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Everything outside of XML 1.0's `Char`.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Invisible characters that can make two texts look alike: zero-width characters, direction overrides, soft hyphens,
# variation selectors, tags, and letters and symbols that are blank.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Ranges for use within brackets in a pattern: scripts without spaces between words (Thai, Lao, Tibetan,
# Burmese, Khmer, Tai, Balinese and Javanese letters, kana, and ideographs), Korean, and right-to-left scripts.
UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u1b00-\u1b7f\u2e80-\u2fdf\u3005-\u3007"
    "\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua980-\ua9df\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc"
RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
# Including the marks that switch the direction to right-to-left.
_RUNS_RIGHT_TO_LEFT = re.compile(f"[{RIGHT_TO_LEFT}\u200f\u202b\u202e\u2067]")
# Characters to check on each side to decide whether an invisible one is needed.
_NEAR = 16
_VIRAMA = 9  # its combining class
_TAGS = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")  # the flag of a region
_PICTURES = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_SYLLABLES = re.compile("[\u3041-\u3096\u30a1-\u30ff\uac00-\ud7af\uff66-\uff9f]")
_IDEOGRAPHS = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


# Enough for any language; more would cover the lines above a title or name.
MARKS_IN_TITLES = 6


def storable(text: str) -> str:
    """Return the text as PostgreSQL can store it: without NUL, and U+FFFD for a lone surrogate.

    Forms report NUL; this is for text that passes no form, such as imports and the API. Everything else is
    unchanged.
    """
    return _LONE_SURROGATE.sub("\ufffd", text.replace("\x00", ""))


def xml_safe(text: str) -> str:
    """Return the text with U+FFFD for each character that XML cannot contain, even escaped: most control characters.

    Stored text may contain such characters, and a single one makes a whole document invalid.
    """
    return _NOT_IN_XML.sub("\ufffd", text)


def excerpt(text: str, *, length: int = 280) -> str:
    """Return the beginning of a text on one line, cut between words, at most `length` characters."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > length // 2 else cut).rstrip(" ,;:.–—-") + "…"


def normalized(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return the text in a Unicode normalization form, in linear time."""
    return unicodedata.normalize(form, with_few_marks(text))


def with_few_marks(text: str, *, most: int = 30) -> str:
    """Return the text with at most `most` combining marks in a row.

    Normalization sorts marks in quadratic time, so the stream-safe format of UAX #15 has at most 30.
    """
    if text.isascii():
        return text
    marks = "".join(sorted(filter(_is_mark, set(text))))
    return re.sub(f"([{marks}]{{{most}}})[{marks}]+", r"\1", text) if marks else text


def _is_mark(char: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFKD", char)[0]) > 0


def url_words(text: str, *, length: int) -> str:
    """Return the words of the text for a URL: lower case, in their own script, joined by hyphens; may be empty."""
    kept = "".join(
        char
        if unicodedata.category(char)[0] in "LNM" or char == "_"
        else " "
        if char.isspace() or char in "-–—"
        else ""
        for char in normalized("NFKC", without_invisible(text)).lower()
    )
    return "-".join(kept.split())[:length].strip("-_")


def has_visible_text(text: str) -> bool:
    """Whether anything of the text is visible: a letter, digit, symbol or emoji, not just spaces or marks."""
    return any(unicodedata.category(char)[0] in "LNPS" and not INVISIBLE.match(char) for char in set(text))


def missing_characters(text: str, *, least: int) -> int:
    """Return how many more characters the text needs to say as much as `least` letters; 0 if it does.

    An ideograph counts as three letters, and a Japanese or Korean syllable as two.
    """
    visible = without_invisible(text).strip()
    ideographs, syllables = len(_IDEOGRAPHS.findall(visible)), len(_SYLLABLES.findall(visible))
    letters_each = 3 if ideographs else 2 if syllables else 1
    return max(ceil((least - len(visible) - 2 * ideographs - syllables) / letters_each), 0)


def without_invisible(text: str) -> str:
    """Return the text without invisible characters, except where a script or an emoji needs them.

    Joiners stay where IDNA allows them (RFC 5892, A.1 and A.2), before a virama, and between emoji; variation
    selectors after emoji and ideographs; tags in flags.
    """
    if text.isascii() or not INVISIBLE.search(text):
        return text
    flags = {place for flag in _TAGS.finditer(text) for place in range(*flag.span())}
    kept: list[str] = []
    for place, char in enumerate(text):
        if (
            not INVISIBLE.match(char)
            or place in flags
            or _is_needed("".join(kept[-_NEAR:]), char, text[place + 1 : place + 1 + _NEAR])
        ):
            kept.append(char)
    return "".join(kept)


def _is_needed(before: str, char: str, after: str) -> bool:
    last, following = before[-1:], after[:1]
    if char in "\u200c\u200d" and last:
        if idna.valid_contextj(f"{before}{char}{after}", len(before)):
            return True
        if char == "\u200d" and following and unicodedata.combining(following) == _VIRAMA:
            return last.isalpha()
        return char == "\u200d" and _is_emoji(before) and bool(_PICTURES.match(following))
    if char in "\ufe0e\ufe0f":
        return bool(_PICTURES.match(last)) or (last in set("0123456789#*") and following == "\u20e3")
    if "\ufe00" <= char <= "\ufe02" or "\U000e0100" <= char <= "\U000e01ef":
        return bool(_IDEOGRAPHS.match(last))
    return False


def _is_emoji(before: str) -> bool:
    """Return whether the text ends with an emoji, possibly followed by a variation selector or flag tag."""
    return bool(_PICTURES.match(before.rstrip("\ufe0f\U000e007f")[-1:]))


def isolated(text: str) -> str:
    """Return a name or title for use in a sentence, so that its direction does not reorder the text around it.

    Text with right-to-left letters is put between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE, which also work in
    attributes, emails and subjects; in HTML, `<bdi>` and `dir="auto"` do the same.
    """
    return f"\u2068{text}\u2069" if _RUNS_RIGHT_TO_LEFT.search(text) else text
