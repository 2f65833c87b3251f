"""Tags: how a name is spelled, and which tags a topic has."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from community.core.permissions import Refused
from community.forum.models import Tag, Topic

from . import counters

TAGS = 5
LENGTH = 35
SLUG = 40


def normalize(typed: str) -> str:
    """Return a tag as it is written here: lower case, words joined with hyphens; empty when nothing is left."""
    kept = "".join(sign if sign.isalnum() or sign in "-_.+#" else " " for sign in typed.strip().lower())
    return "-".join(kept.split())[:LENGTH].strip("-")


def find(names: Iterable[str]) -> list[Tag]:
    """Return the tags of these names, in order and each once; the missing ones are made."""
    wanted = list(dict.fromkeys(filter(None, map(normalize, names))))
    found = _known(wanted)
    # What is missing after the first round has a name of its own, but a slug that another tag has.
    for slug in (_slug, _own_slug):
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
    return slugify(spelled, allow_unicode=True)[:SLUG] or f"tag-{_mark_of(name)}"


def _own_slug(name: str) -> str:
    """A slug that no other name has: "m²" and "m2" are different tags whose first slugs are the same."""
    return f"{_slug(name)[: SLUG - 9].strip('-')}-{_mark_of(name)}"


def _mark_of(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:8]


@transaction.atomic
def assign(topic: Topic, names: Iterable[str]) -> list[str]:
    """Give the topic exactly these tags; return their names. The caller records why.

    Raises Refused for more than five.
    """
    tags = find(names)
    if len(tags) > TAGS:
        raise Refused(_("A topic can have at most %(n)d tags.") % {"n": TAGS})
    before = set(topic.tags.values_list("pk", flat=True))
    topic.tags.set(tags)
    counters.recount_tags(before ^ {tag.pk for tag in tags})
    return [tag.name for tag in tags]
