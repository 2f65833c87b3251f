"""Which names people may have.

A username is plain (letters a to z, digits, - and _), so that two that look alike are alike, and it can stand
in an address and after an @. A display name may be written in any script, but not so that it passes for
somebody of the team.
"""

import re
import unicodedata
from collections.abc import Collection

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community.core.text import INVISIBLE

USERNAME_MIN, USERNAME_MAX = 3, 30
DISPLAY_NAME_MAX = 60
USERNAME_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?\Z"
username_characters = RegexValidator(
    USERNAME_PATTERN,
    gettext_lazy("Use only letters a to z, digits, - and _. Start and end with a letter or digit."),
)
_WORDS = """about abuse account accounts admin administrator advocacy all anonymous answers api badges
    bot caravan channel community contact deleted desk everyone feed former-member guest guidelines help
    here hostmaster info journeys latest leaders legal mail manager me media mod moderator new news
    nobody null official owner postmaster press privacy product prospects root sales search security
    settings staff static support sysadmin system tags team terms top undefined unanswered webmaster"""
# Functions, places of the site and everybody: nobody may be called that.
RESERVED = frozenset(_WORDS.split())
# Drawn like the Latin letter; lower case only (from Unicode's confusables table, the common ones).
LOOKALIKES = str.maketrans(
    {
        **dict(zip("аеорсухіјѕһԁԛԝкмтвнє", "aeopcyxljshdqwkmtbhe", strict=True)),  # Cyrillic
        **dict(zip("αεορνικτυχη", "aeopvlktyxn", strict=True)),  # Greek
        **dict(zip("0i1ı|!", "olllll", strict=True)),
    }
)


def clean_username(value: str) -> str:
    """The username, or a ValidationError that says what is wrong with it."""
    if len(value) < USERNAME_MIN:
        raise ValidationError(_("Use at least %(count)d characters.") % {"count": USERNAME_MIN})
    if len(value) > USERNAME_MAX:
        raise ValidationError(_("Use at most %(count)d characters.") % {"count": USERNAME_MAX})
    username_characters(value)
    if is_reserved(value):
        raise ValidationError(_("“%(name)s” is not available. Please choose another.") % {"name": value})
    return value


def is_reserved(username: str) -> bool:
    return username.lower() in RESERVED or username.lower() == plain(settings.SITE_NAME)


def clean_display_name(value: str) -> str:
    """The name without invisible signs and spare spaces, or a ValidationError."""
    name = " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", value)).split())
    if not any(unicodedata.category(sign)[0] in "LNSP" for sign in name):
        raise ValidationError(_("Enter a name with visible characters."))
    if len(name) > DISPLAY_NAME_MAX:
        raise ValidationError(_("Use at most %(count)d characters.") % {"count": DISPLAY_NAME_MAX})
    return name


def skeleton(name: str) -> str:
    """What a name looks like at a glance: two names that read alike have the same skeleton."""
    folded = unicodedata.normalize("NFKD", INVISIBLE.sub("", name)).casefold().translate(LOOKALIKES)
    return "".join(sign for sign in folded if sign.isalnum())


def plain(text: str) -> str:
    """The text as far as it can be written in a username: “Zoë O'Neil” -> “zoe-oneil”; may be empty."""
    stripped = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", stripped.replace("'", ""))
    return words.strip("-")[:USERNAME_MAX].strip("-")


def suggested(display_name: str, *, taken: Collection[str]) -> str:
    """A username that is allowed and not among `taken` (lower case): “ada”, else “ada-2”, “ada-3” …"""
    base = plain(display_name)
    if len(base) < USERNAME_MIN:
        base = f"member-{base}".strip("-")
    number = 1
    name = base
    while name in taken or is_reserved(name):
        number += 1
        name = f"{base[: USERNAME_MAX - len(str(number)) - 1].rstrip('-')}-{number}"
    return name
