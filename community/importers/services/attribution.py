"""Saying where imported posts come from and under which licence, as Creative Commons asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from community.importers.models import ImportedRow

if TYPE_CHECKING:
    from community.forum.models import Post
    from community.forum.models.posts import PostQuerySet

_LICENCES = "https://creativecommons.org/licenses/by-sa/"


@dataclass(frozen=True)
class Attribution:
    """One post's origin: `site` to show, `url` to link it to, the licence and its text."""

    site: str
    url: str
    licence: str
    licence_url: str


def with_origin(posts: PostQuerySet) -> PostQuerySet:
    """Add `origin`, what `attribution_of` needs of an imported post, in the same statement; None for ours."""
    kinds = (ImportedRow.Kind.POST, ImportedRow.Kind.COMMENT)
    rows = ImportedRow.objects.filter(kind__in=kinds, target_id=OuterRef("pk"))
    origin = JSONObject(kind="kind", site="site", source_id="source_id", licence="licence")
    return posts.annotate(origin=Subquery(rows.values(json=origin)[:1]))


def attribution_of(post: Post) -> Attribution | None:
    """Say where a post read `with_origin` comes from."""
    origin = post.origin  # type: ignore[attr-defined]
    return _attribution(ImportedRow(**origin)) if origin else None


def _attribution(row: ImportedRow) -> Attribution:
    is_comment = row.kind == ImportedRow.Kind.COMMENT
    path = f"posts/comments/{row.source_id}" if is_comment else f"q/{row.source_id}"
    version = row.licence.rpartition(" ")[2]
    known = row.licence.startswith("CC BY-SA ") and version in ("2.5", "3.0", "4.0")
    return Attribution(
        site=row.site,
        # A site whose name was not to be found is called after its folder, which leads nowhere.
        url=f"https://{row.site}/{path}" if "." in row.site else "",
        licence=row.licence,
        licence_url=f"{_LICENCES}{version}/" if known else "",
    )
