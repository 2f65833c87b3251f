"""Delete journeys together with the events that they were computed from."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Sequence

from journeys.models import Dirty, MemberDay, MemberState, StageHistory


def delete_journeys(member_ids: Sequence[int]) -> Counter[str]:
    """Delete all that is stored about these members' journeys, as before the members; return the rows by model.

    Call `shards.hold_drains` first: a drain would write some of it again, with events about it.
    """
    if not member_ids:
        return Counter()
    return Counter(
        {
            model._meta.label: model.objects.filter(member_id__in=member_ids)._raw_delete("default")
            for model in (Dirty, MemberDay, MemberState, StageHistory)
        }
    )


def delete_history(member_ids: Collection[int], *, evidence: Sequence[uuid.UUID]) -> list[int]:
    """Delete the history rows of these members that rest on any of these events, superseded or not; return their ids.

    The next drain of a member adds the rows that the remaining events justify.
    """
    rows = StageHistory.objects.filter(member_id__in=member_ids, evidence__overlap=evidence)
    ids = list(rows.values_list("pk", flat=True))
    StageHistory.objects.filter(pk__in=ids)._raw_delete("default")
    return ids
