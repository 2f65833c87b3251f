"""Delete journeys along with the events that they were computed from."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Sequence

from journeys.models import Checkpoint, Dirty, MemberDay, MemberState, StageHistory


def delete_journeys(member_ids: Sequence[int]) -> Counter[str]:
    """Delete everything stored about these members' journeys, before deleting the members; return row counts by model.

    Call `shards.hold_drains` first, because a drain would write some of it again and record events.
    """
    if not member_ids:
        return Counter()
    return Counter(
        {
            model._meta.label: model.objects.filter(member_id__in=member_ids)._raw_delete("default")
            for model in (Checkpoint, Dirty, MemberDay, MemberState, StageHistory)
        }
    )


def delete_history(member_ids: Collection[int], *, evidence: Sequence[uuid.UUID]) -> list[int]:
    """Delete these members' history rows that rest on any of these events, superseded or not; return their ids.

    The next drain of each member adds the rows that the remaining events justify.
    """
    rows = StageHistory.objects.filter(member_id__in=member_ids, evidence__overlap=evidence)
    ids = list(rows.values_list("pk", flat=True))
    StageHistory.objects.filter(pk__in=ids)._raw_delete("default")
    return ids
