"""Screen names and profiles for blocked words, and for names that claim to be the team's."""

from __future__ import annotations

import re

from django.conf import settings
from django.utils.translation import gettext as _

from community.forum.services import rendering
from community.members.models import Member
from community.members.names import RESERVED, skeleton

from . import blocked_words
from .models import BlockedWord, Policy
from .models.policy import team_words

NAMES = ("display_name", "username")
_REFUSED = (BlockedWord.Action.BLOCK, BlockedWord.Action.HOLD)
_SEPARATORS = re.compile(r"[^\w\u0300-\u036f]+|_+")
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_DIGITS = "0123456789"
# Usernames that nobody may have; whole names speak for the site, too. The policy decides about the team's.
_RESERVED = {skeleton(word): word for word in RESERVED.difference(team_words())}


def screen(member: Member | None, field: str, text: str) -> str:
    """Return an objection to text in a member's profile, if any; the team may write anything."""
    if member is not None and member.is_team:
        return ""
    seen = rendering.filterable_text(text) if field == "bio" else text
    # Profiles cannot be held for approval, so words that hold posts are rejected too.
    words = [word for word in blocked_words.found_in(seen) if word.action in _REFUSED]
    if words:
        return _("“%(word)s” is not allowed here. Please choose other words.") % {"word": words[0].phrase}
    if field in NAMES and (word := claim(text)):
        return _("“%(word)s” is reserved for our team. Please choose another name.") % {"word": word}
    return ""


def claim(name: str) -> str:
    """Return the reserved word with which a name claims to be the team's, however it is spelled; empty if none."""
    policy = Policy.current()
    site = [settings.SITE_NAME] if policy.reserve_site_name else []
    words = {skeleton(word): word for word in [*site, *policy.reserved_words]}
    words.pop("", None)
    if (found := blocked_words.contains(name, list(words.values()))) is not None:
        return found
    tokens = _tokens(name)
    for text in [*tokens, "".join(tokens)]:
        if first := _consists_of(text, words):
            return words[first]
    phrases = {text: word for text, word in words.items() if len(_tokens(word)) > 1}
    runs = ("".join(tokens[at:end]) for at in range(len(tokens)) for end in range(at + 2, len(tokens) + 1))
    return next((phrases[run] for run in runs if run in phrases), _RESERVED.get("".join(tokens), ""))


def _tokens(name: str) -> list[str]:
    """Split a name into the skeletons of its words; consecutive single letters form a word."""
    tokens: list[str] = []
    spelled = ""
    for part in _SEPARATORS.split(_CAMEL.sub(" ", name)):
        token = skeleton(part.strip(_DIGITS) or part)
        if len(token) == 1:
            spelled += token
            continue
        tokens += [spelled, token]
        spelled = ""
    return [token for token in [*tokens, spelled] if token]


def _consists_of(text: str, words: dict[str, str]) -> str:
    """Return the first of the words that together make up the whole text, possibly in the plural."""
    ends = {0: ""}  # first word by the length of the text that is made up
    for end in range(1, len(text) + 1):
        for begin, first in list(ends.items()):
            part = text[begin:end]
            word = part if part in words else part.removesuffix("s")
            if word in words:
                ends.setdefault(end, first or word)
    return ends.get(len(text), "")
