"""The tag and author filters of a search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Greatest, Lower

from community.members.models import Member

from .models import Tag
from .search_query import Filter
from .typing_errors import edits

if TYPE_CHECKING:
    from .models.categories import Reader

AUTHORS = 20  # with the same display name
NEAREST = 0.3  # similarity
SUGGESTED = 2  # suggested names per search; finding one compares all names
LONGEST = 60  # longer values are not compared


@dataclass(frozen=True, slots=True)
class Named:
    """A filter and the name to show for it."""

    filter: Filter
    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A filter that matches nothing the reader may see, and the nearest name, if any."""

    filter: Filter
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The filters of a search: topics must have all the tags, posts must be by one of the authors, or by none."""

    tag_ids: Sequence[int] = ()
    author_ids: Sequence[int] = ()
    without_tag_ids: Sequence[int] = ()
    without_author_ids: Sequence[int] = ()
    named: Sequence[Named] = ()
    unknown: Sequence[Unknown] = ()


def resolve(reader: Reader, filters: Sequence[Filter]) -> Resolved:
    """Find the tags and authors by name; no query without filters."""
    ids: dict[tuple[str, bool], list[int]] = defaultdict(list)
    named: list[Named] = []
    unknown: list[Unknown] = []
    for one in filters:
        found = _tags(reader, one.value) if one.name == "tag" else _authors(one.value)
        if not found:
            unknown.append(Unknown(one, _nearest(reader, one) if len(unknown) < SUGGESTED else ""))
            continue
        ids[one.name, one.excluded] += [pk for pk, _ in found]
        named.append(Named(one, found[0][1]))
    return Resolved(
        ids["tag", False],
        ids["user", False],
        ids["tag", True],
        ids["user", True],
        named=named,
        unknown=unknown,
    )


def _tags(reader: Reader, value: str) -> list[tuple[int, str]]:
    """Return the tag with this name or slug, falling back to other spellings."""
    tags = Tag.objects.visible_to(reader)
    exact = tags.filter(Q(slug__iexact=value) | Q(name__iexact=value))
    joined = tags.alias(joined=_joined(F("name"))).filter(joined=_joined(Value(value)))
    return list((exact[:1] or joined[:1]).values_list("pk", "name"))


def _joined(name: F | Value) -> Func:
    folded = Func(name, function="forum_fold", output_field=TextField())
    return Func(folded, Value("- "), Value(""), function="translate", output_field=TextField())


def _nearest(reader: Reader, one: Filter) -> str:
    if len(one.value) > LONGEST:
        return ""
    return _nearest_tag(reader, one.value) if one.name == "tag" else _nearest_author(one.value)


def _nearest_tag(reader: Reader, value: str) -> str:
    names = {name.lower(): name for name in Tag.objects.visible_to(reader).values_list("name", flat=True)}
    near = get_close_matches(value.lower(), names, n=1)
    return names[near[0]] if near else ""


def _authors(value: str) -> list[tuple[int, str]]:
    """Return the member with this username, or the members with this display name."""
    members = Member.objects.public()
    by_username = list(members.named([value]).values_list("pk", "username"))
    by_name = members.filter(display_name__iexact=value).values_list("pk", "display_name").order_by("pk")
    return by_username or list(by_name[:AUTHORS])


def _nearest_author(value: str) -> str:
    members = Member.objects.public()
    typing_errors = members.alias(lower=Lower("username")).filter(lower__in=edits(value.lower()))
    if found := typing_errors.order_by("pk").values_list("username", flat=True).first():
        return str(found)
    alike = Greatest(TrigramSimilarity("username", value), TrigramSimilarity("display_name", value))
    near = members.annotate(alike=alike).filter(alike__gt=NEAREST).order_by("-alike", "pk")
    return near.values_list("username", flat=True).first() or ""
