"""Normalize tag names, create tags and assign them to topics."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from hashlib import sha256

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from community.core.permissions import Refused
from community.core.text import INVISIBLE, has_visible_text, normalized
from community.forum.models import Tag, Topic

from . import counters

MAX_TAGS = 5
MAX_LENGTH = 35
MAX_SLUG_LENGTH = 40


def normalize(name: str) -> str:
    """Return the tag name in lower case with words joined by hyphens; may be empty."""
    composed = normalized("NFC", name).strip().lower()
    allowed = "".join(char if _is_allowed(char) else " " for char in composed)
    tag = "-".join(allowed.split())[:MAX_LENGTH].strip("-")
    return tag if has_visible_text(tag) else ""


def _is_allowed(char: str) -> bool:
    """Return whether tags may contain it: letters, digits, a few symbols, and marks that are part of letters."""
    is_mark = unicodedata.category(char)[0] == "M" and not INVISIBLE.match(char)
    return char.isalnum() or char in "-_.+#" or is_mark


def get_or_create(names: Iterable[str]) -> list[Tag]:
    """Return the tags with these names, in order and without duplicates; creates missing ones."""
    wanted = list(dict.fromkeys(filter(None, map(normalize, names))))
    found = _known(wanted)
    # Tags still missing after the first pass have a slug that is taken by another tag.
    for slug in (_slug, _unique_slug):
        missing = [name for name in wanted if name not in found]
        if not missing:
            break
        Tag.objects.bulk_create([Tag(name=name, slug=slug(name)) for name in missing], ignore_conflicts=True)
        found |= _known(missing)
    return [found[name] for name in wanted]


def _known(names: Iterable[str]) -> dict[str, Tag]:
    return {tag.name: tag for tag in Tag.objects.filter(name__in=names)}


def _slug(name: str) -> str:
    # "c++" and "c#" must not both become "c".
    spelled = name.replace("+", "-plus").replace("#", "-sharp").replace(".", "-dot-")
    return slugify(spelled, allow_unicode=True)[:MAX_SLUG_LENGTH] or f"tag-{_short_hash(name)}"


def _unique_slug(name: str) -> str:
    """Return a slug unique to the name: "m²" and "m2" are different tags with the same plain slug."""
    return f"{_slug(name)[: MAX_SLUG_LENGTH - 9].strip('-')}-{_short_hash(name)}"


def _short_hash(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:8]


@transaction.atomic
def assign(topic: Topic, names: Iterable[str]) -> list[str]:
    """Set the topic's tags and return their names. The caller records the change.

    Raises Refused for more than MAX_TAGS.
    """
    tags = get_or_create(names)
    if len(tags) > MAX_TAGS:
        raise Refused(_("A topic can have at most %(n)d tags.") % {"n": MAX_TAGS})
    before = set(topic.tags.values_list("pk", flat=True))
    topic.tags.set(tags)
    counters.recount_tags(before ^ {tag.pk for tag in tags})
    return [tag.name for tag in tags]
