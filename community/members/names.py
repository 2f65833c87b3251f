"""Validation of usernames and display names.

Usernames are plain ASCII (letters, digits, - and _), which rules out lookalikes and makes them safe in URLs
and after an @. Display names may use any script, but must not imitate a team member's.
"""

import re
import unicodedata
from collections.abc import Collection

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community.core import lookalikes
from community.core.text import (
    MARKS_IN_TITLES,
    has_visible_text,
    normalized,
    with_few_marks,
    without_invisible,
)

USERNAME_MIN, USERNAME_MAX = 3, 30
DISPLAY_NAME_MAX = 60
USERNAME_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?\Z"
username_characters = RegexValidator(
    USERNAME_PATTERN,
    gettext_lazy("Use only letters a to z, digits, - and _. Start and end with a letter or digit."),
)
_RESERVED = """about abuse account accounts admin administrator advocacy all anonymous answers api badges
    bot caravan channel community contact deleted desk everyone feed former-member guest guidelines help
    here hostmaster info journeys latest leaders legal mail manager me media mod moderator new news
    nobody null official owner postmaster press privacy product prospects root sales search security
    settings staff static support sysadmin system tags team terms top undefined unanswered webmaster"""
# Roles, paths of the site and group mentions.
RESERVED = frozenset(_RESERVED.split())


def clean_username(value: str) -> str:
    """Return the username. Raises ValidationError if it is not allowed."""
    if len(value) < USERNAME_MIN:
        raise ValidationError(_("Use at least %(count)d characters.") % {"count": USERNAME_MIN})
    if len(value) > USERNAME_MAX:
        raise ValidationError(_("Use at most %(count)d characters.") % {"count": USERNAME_MAX})
    username_characters(value)
    if is_reserved(value):
        raise ValidationError(_("“%(name)s” is not available. Please choose another.") % {"name": value})
    return value


def is_reserved(username: str) -> bool:
    return username.lower() in RESERVED or username.lower() == to_username(settings.SITE_NAME)


def clean_display_name(value: str) -> str:
    """Return the name without extra spaces and needless invisible characters. Raises ValidationError."""
    name = with_few_marks(" ".join(without_invisible(normalized("NFC", value)).split()), most=MARKS_IN_TITLES)
    if not has_visible_text(name):
        raise ValidationError(_("Enter a name with visible characters."))
    if len(name) > DISPLAY_NAME_MAX:
        raise ValidationError(_("Use at most %(count)d characters.") % {"count": DISPLAY_NAME_MAX})
    return name


def skeleton(name: str) -> str:
    """Return the name's skeleton: equal for names that look alike, as in Unicode TR39."""
    folded = lookalikes.blur(lookalikes.fold(name.replace("|", "l").replace("!", "l"))).replace("rn", "m")
    return "".join(char for char in folded if char.isalnum() or unicodedata.category(char)[0] == "M")


def to_username(text: str) -> str:
    """Reduce text to the characters allowed in a username: “Zoë O'Neil” -> “zoe-oneil”; may be empty."""
    stripped = normalized("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", stripped.replace("'", ""))
    return words.strip("-")[:USERNAME_MAX].strip("-")


def suggest_username(display_name: str, *, taken: Collection[str]) -> str:
    """Return an allowed username that is not in `taken` (lower case): “ada”, else “ada-2”, “ada-3” …"""
    base = to_username(display_name)
    if len(base) < USERNAME_MIN:
        base = f"member-{base}".strip("-")
    number = 1
    name = base
    while name in taken or is_reserved(name):
        number += 1
        name = f"{base[: USERNAME_MAX - len(str(number)) - 1].rstrip('-')}-{number}"
    return name
