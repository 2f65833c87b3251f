"""Saying where imported posts come from and under which licence, as Creative Commons asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from community.core.prepared import Prepared
from community.importers.models import ImportedRow

_LICENCES = "https://creativecommons.org/licenses/by-sa/"


@dataclass(frozen=True)
class Attribution:
    """One post's origin: `site` to show, `url` to link it to, the licence and its text."""

    site: str
    url: str
    licence: str
    licence_url: str


def attributions_of(post_ids: Iterable[int]) -> dict[int, Attribution]:
    return {row.target_id: _attribution(row) for row in _rows()(post_ids=list(post_ids))}


@cache
def _rows() -> Prepared[ImportedRow]:
    kinds = (ImportedRow.Kind.POST, ImportedRow.Kind.COMMENT)
    return Prepared(lambda post_ids: ImportedRow.objects.filter(kind__in=kinds, target_id__any_of=post_ids))


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
