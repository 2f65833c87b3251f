"""Members per stage, and the latest transitions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.db.models import Count, Q

from community.core.prepared import Prepared
from journeys.engine.stages import SUB_STAGES
from journeys.models import MemberState, Stage, StageHistory, StageHistoryQuerySet, SubStage


@dataclass(frozen=True)
class SubStageCount:
    key: str
    label: str
    members: int


@dataclass(frozen=True)
class StageCount:
    """Members by computed stage.

    A member with several facets of relationship counts once, under the highest.
    """

    key: str
    label: str
    members: int
    sub_stages: tuple[SubStageCount, ...]
    at_risk: int
    dormant: int
    share: float  # of all members with a stage, 0 to 1


def stage_counts() -> list[StageCount]:
    """Return the four stages in order, including empty ones. Two queries."""
    counted = MemberState.objects.values_list("stage").annotate(
        members=Count("pk"),
        at_risk_n=Count("pk", filter=Q(at_risk=True)),
        dormant_n=Count("pk", filter=Q(activity="dormant")),
    )
    by_stage = {stage: (members, at_risk, dormant) for stage, members, at_risk, dormant in counted}
    by_sub_stage = MemberState.objects.values_list("stage", "sub_stage").annotate(members=Count("pk"))
    subs = {(stage, sub_stage): members for stage, sub_stage, members in by_sub_stage}
    everyone = sum(members for members, _, _ in by_stage.values())
    return [_stage_count(stage, by_stage.get(stage.value, (0, 0, 0)), subs, everyone) for stage in Stage]


def _stage_count(
    stage: Stage, counts: tuple[int, int, int], subs: dict[tuple[str, str], int], everyone: int
) -> StageCount:
    members, at_risk, dormant = counts
    return StageCount(
        key=stage.value,
        label=str(stage.label),
        members=members,
        sub_stages=tuple(
            SubStageCount(key, str(SubStage(key).label), subs.get((stage.value, key), 0))
            for key in SUB_STAGES[stage.value]
        ),
        at_risk=at_risk,
        dormant=dormant,
        share=members / everyone if everyone else 0.0,
    )


def recent_moves() -> StageHistoryQuerySet:
    """Return the transitions between stages, latest first, to be sliced."""
    moves = StageHistory.objects.current().moves().select_related("member")
    return moves.order_by("-effective_on", "-id")


def chips(member_ids: Iterable[int]) -> dict[int, MemberState]:
    """Return the states of these members, by member id. One query."""
    return {state.member_id: state for state in _states()(member_ids=list(member_ids))}


@cache
def _states() -> Prepared[MemberState]:
    return Prepared(lambda member_ids: MemberState.objects.filter(member__any_of=member_ids))
