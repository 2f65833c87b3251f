"""Resolve URLs of imported sites to pages here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.text import slugify

from community.forum.models import Post, Tag
from community.importers.models import ImportBatch, ImportedRow
from community.importers.stackexchange.addresses import Target, slug_in, targets_of
from community.members.models import Member
from community.members.rules import can_see_profile

if TYPE_CHECKING:
    from community.forum.models.categories import Reader

SLUG_CUT_AFTER = 60


@dataclass(frozen=True)
class Choice:
    """A page that an old URL may refer to: its URL, title, and the site it was imported from."""

    url: str
    title: str
    site: str = ""


@dataclass(frozen=True)
class Found:
    """The pages an old URL may refer to and the reader may see; `is_certain` if no other site has such a URL."""

    choices: list[Choice]
    is_certain: bool


def find(path: str, *, host: str, reader: Reader) -> Found:
    """Return the pages that an old path (without its leading slash) may refer to.

    Every imported site numbers its posts and users from 1. The host shows which site is meant, if its old name points
    here; otherwise the words in the path do, if they match only one site.
    """
    targets = targets_of(path)
    tag = next((target for target in targets if target.kind == "tag"), None)
    if tag is not None:
        found = Tag.objects.visible_to(reader).filter(name=tag.key).first()
        return Found([Choice(found.get_absolute_url(), found.name)] if found else [], is_certain=True)
    by_site = _rows(targets, host)
    choices = [choice for rows in by_site.values() if (choice := _first_visible(targets, rows, reader))]
    named = [choice for choice in choices if _is_slug_of(choice.title, slug_in(path))]
    if len(named) == 1:
        return Found(named, is_certain=True)
    return Found(choices, is_certain=len(by_site) == 1)


def _rows(targets: list[Target], host: str) -> dict[str, dict[Target, ImportedRow]]:
    """Return the imported rows with these ids by site: sites that had this host name, or all."""
    kinds = {target.kind: [other.key for other in targets if other.kind == target.kind] for target in targets}
    found: dict[str, dict[Target, ImportedRow]] = {}
    for kind, keys in kinds.items():
        for row in ImportedRow.objects.filter(kind=kind, source_id__in=keys).order_by("pk"):
            found.setdefault(row.site, {})[Target(kind, row.source_id)] = row
    sites = set(ImportBatch.objects.filter(hosts__contains=[host]).values_list("site", flat=True))
    return {site: rows for site, rows in found.items() if not sites or site in sites}


def _is_slug_of(title: str, slug: str) -> bool:
    """Whether the words in an old path match the title; old sites cut them off after about 80 characters."""
    ours = slugify(title)[:100].strip("-")
    return slug == ours or (len(slug) > SLUG_CUT_AFTER and ours.startswith(slug))


def _first_visible(targets: list[Target], rows: dict[Target, ImportedRow], reader: Reader) -> Choice | None:
    """Return the most specific page that the reader may see: the answer, or its question."""
    found = (_choice(rows[target], reader) for target in targets if target in rows)
    return next(filter(None, found), None)


def _choice(row: ImportedRow, reader: Reader) -> Choice | None:
    if row.kind == ImportedRow.Kind.USER:
        member = Member.objects.filter(pk=row.target_id).first()
        if member is None or not can_see_profile(reader, member):
            return None
        return Choice(member.get_absolute_url(), str(member), row.site)
    post = Post.objects.visible_to(reader).select_related("topic").filter(pk=row.target_id).first()
    if post is None:
        return None
    page = post.topic if post.is_opening else post
    return Choice(page.get_absolute_url(), post.topic.title, row.site)
