from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from django.db import transaction
from django.utils.text import slugify

from community.forum.models import Tag, Topic

from .counting import recount_tags
from .refusal import Refused

TAGS = 5
LENGTH = 35


def tag_name(typed: str) -> str:
    """Return a tag as it is written here: lower case, words joined with hyphens; empty when nothing is left."""
    kept = "".join(sign if sign.isalnum() or sign in "-_.+#" else " " for sign in typed.strip().lower())
    return "-".join(kept.split())[:LENGTH].strip("-")


def find_tags(names: Iterable[str]) -> list[Tag]:
    """Return the tags of these names, in order and each once; the missing ones are made."""
    wanted = list(dict.fromkeys(filter(None, map(tag_name, names))))
    Tag.objects.bulk_create([Tag(name=name, slug=_slug(name)) for name in wanted], ignore_conflicts=True)
    found = {tag.name: tag for tag in Tag.objects.filter(name__in=wanted)}
    return [found[name] for name in wanted if name in found]


def _slug(name: str) -> str:
    # "c++" and "c#" must not both become "c".
    spelled = name.replace("+", "-plus").replace("#", "-sharp").replace(".", "-dot-")
    return slugify(spelled, allow_unicode=True)[:40] or f"tag-{sha256(name.encode()).hexdigest()[:8]}"


@transaction.atomic
def set_tags(topic: Topic, names: Iterable[str]) -> list[str]:
    """Give the topic exactly these tags; return their names. The caller records why.

    Raises Refused for more than five.
    """
    tags = find_tags(names)
    if len(tags) > TAGS:
        raise Refused(f"A topic has at most {TAGS} tags.")
    before = set(topic.tags.values_list("pk", flat=True))
    topic.tags.set(tags)
    recount_tags(before ^ {tag.pk for tag in tags})
    return [tag.name for tag in tags]
