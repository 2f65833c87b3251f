"""Source and licence of imported posts, as Creative Commons requires."""

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
    """A post's source: the `site` name, its `url` there, and the licence with a link to its text."""

    site: str
    url: str
    licence: str
    licence_url: str


def with_origin(posts: PostQuerySet) -> PostQuerySet:
    """Annotate `origin`, the data for `attribution_of`; None for posts that were not imported."""
    kinds = (ImportedRow.Kind.POST, ImportedRow.Kind.COMMENT)
    rows = ImportedRow.objects.filter(kind__in=kinds, target_id=OuterRef("pk"))
    origin = JSONObject(kind="kind", site="site", source_id="source_id", licence="licence")
    return posts.annotate(origin=Subquery(rows.values(json=origin)[:1]))


def attribution_of(post: Post) -> Attribution | None:
    """Return the attribution of a post annotated by `with_origin`; None if it was not imported."""
    origin = post.origin  # type: ignore[attr-defined]
    return _attribution(ImportedRow(**origin)) if origin else None


def _attribution(row: ImportedRow) -> Attribution:
    is_comment = row.kind == ImportedRow.Kind.COMMENT
    path = f"posts/comments/{row.source_id}" if is_comment else f"q/{row.source_id}"
    version = row.licence.rpartition(" ")[2]
    known = row.licence.startswith("CC BY-SA ") and version in ("2.5", "3.0", "4.0")
    return Attribution(
        site=row.site,
        # A site with an unknown host is named after its folder, so there is nothing to link to.
        url=f"https://{row.site}/{path}" if "." in row.site else "",
        licence=row.licence,
        licence_url=f"{_LICENCES}{version}/" if known else "",
    )
