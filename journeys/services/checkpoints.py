"""Keep the states of busy members, so that a drain of their last days does not fold all their days again.

A row has the state before a day, so it holds as long as nothing changes before that day. Whoever rolls up an earlier
day of the member, or folds them again for another reason, deletes it: all of them first take the lock of the shard.
There is one row for each of the last months, so that a late event does not cost a fold of all days either.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from psycopg.types.numeric import Int8

from community.core import prepared
from community.core.prepared import Ids
from community.core.source_code import digest
from journeys.engine.facts import Fact
from journeys.hooks import AdvocacyResults, Facts, advocacy_source
from journeys.models import Checkpoint

FEW = 20  # members in a drain: those in a larger one, as after an import, are not drained again soon
MANY = 500  # facts of a member before the first checkpoint
AGAIN = 100  # facts since the last one
KEEP = timedelta(days=100)

_ENGINE = digest("journeys.engine")

_KEEP = """
WITH k AS (
  SELECT * FROM unnest(%(members)s::bigint[], %(since)s::date[], %(folds)s::bytea[], %(advocacy)s::bytea[])
    k(member_id, since, fold, advocacy))
INSERT INTO journeys_checkpoint (member_id, month, since, ruleset, code, fold, advocacy)
SELECT member_id, date_trunc('month', since), since, %(ruleset)s, %(code)s, fold, advocacy FROM k
ON CONFLICT (member_id, month) DO UPDATE SET since = excluded.since, ruleset = excluded.ruleset,
  code = excluded.code, fold = excluded.fold, advocacy = excluded.advocacy
"""


class Kept(NamedTuple):
    """The frozen state of a member before the day `since`."""

    since: date
    fold: bytes
    advocacy: bytes


def days_to_keep(
    facts: Facts, firsts: Mapping[int, date], starts: Collection[int], as_of: date
) -> dict[int, date]:
    """Return by member the day before which to keep the state, for those with many facts, or many since the start.

    It is twice as far back as the first dirty day, so that some events that are somewhat later find it, too.
    """
    if len(firsts) > FEW:
        return {}
    found = {}
    for member_id, of_member in facts.items():
        back = timedelta(days=2 * (as_of - firsts[member_id]).days + 1)
        since = as_of - (back if back <= KEEP else timedelta(days=1))
        if _are_many(of_member, AGAIN if member_id in starts else MANY, since):
            found[member_id] = since
    return found


def _are_many(facts: Sequence[Fact], many: int, before: date) -> bool:
    return len(facts) >= many and facts[many - 1].day < before


def keep(
    days: Mapping[int, date],
    folds: Mapping[int, bytes],
    advocacy: AdvocacyResults,
    *,
    ruleset: int,
) -> None:
    """Keep the states of these members before these days."""
    values = {
        "members": Ids(days),
        "since": list(days.values()),
        "folds": [folds[member_id] for member_id in days],
        "advocacy": [advocacy[member_id].frozen for member_id in days],
        "ruleset": Int8(ruleset),
        "code": code(),
    }
    prepared.fetch(_KEEP, values)


def delete_after(day: date) -> None:
    """Delete everyone's checkpoints after this day."""
    Checkpoint.objects.filter(since__gt=day)._raw_delete("default")


def delete_old(today: date) -> None:
    """Delete checkpoints that few drains would continue from."""
    Checkpoint.objects.filter(since__lt=today - KEEP)._raw_delete("default")


def code() -> str:
    """Return digests of the code of which the states are; others may read them wrongly."""
    return _ENGINE + advocacy_source().code
