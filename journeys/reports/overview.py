"""Members per stage, and the latest transitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from community.core.prepared import Prepared, compiled_at_start
from community.moderation.active_sanctions import out_of_reach
from journeys.engine.stages import SUB_STAGES
from journeys.models import MemberState, Stage, StageHistory, StageHistoryQuerySet, SubStage

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from community.members.models import Company


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


# Stage, sub-stage, members, those at risk, those dormant.
SubStageRow = tuple[str, str, int, int, int]


def stage_counts(rows: Sequence[SubStageRow] | None = None) -> list[StageCount]:
    """Return the four stages in order, including empty ones, from the rows of `count_sub_stages`."""
    rows = count_sub_stages() if rows is None else rows
    everyone = sum(row[2] for row in rows)
    return [_stage_count(stage, [row for row in rows if row[0] == stage], everyone) for stage in Stage]


def count_sub_stages() -> list[SubStageRow]:
    """Count the members of every sub-stage that has any. One query."""
    return _sub_stages()(now=timezone.now())


def members_in(stage: str, *, sub_stage: str = "", at_risk: bool = False) -> QuerySet[MemberState]:
    """Return who is counted under a stage, those active last first."""
    states = _latest_first().filter(stage=stage)
    if sub_stage:
        states = states.filter(sub_stage=sub_stage)
    if at_risk:
        states = states.filter(at_risk=True)
    return states


def members_of(company: Company) -> QuerySet[MemberState]:
    """Return who belongs to a company, those active last first."""
    return _latest_first().filter(member__company=company)


def _latest_first() -> QuerySet[MemberState]:
    states = MemberState.objects.exclude(member__in=out_of_reach(timezone.now()))
    return states.select_related("member__company").order_by(F("last_active_on").desc(nulls_last=True), "pk")


@compiled_at_start()
def _sub_stages() -> Prepared[SubStageRow]:
    def build(now: datetime) -> QuerySet[MemberState, Any]:
        states = MemberState.objects.exclude(member__in=out_of_reach(now))
        counted = states.values_list("stage", "sub_stage").annotate(
            members=Count("pk"),
            at_risk_n=Count("pk", filter=Q(at_risk=True)),
            dormant_n=Count("pk", filter=Q(activity="dormant")),
        )
        return counted.order_by()

    return Prepared(build)


def _stage_count(stage: Stage, rows: Sequence[SubStageRow], everyone: int) -> StageCount:
    by_sub_stage = {sub_stage: members for _, sub_stage, members, _, _ in rows}
    members = sum(by_sub_stage.values())
    return StageCount(
        key=stage.value,
        label=str(stage.label),
        members=members,
        sub_stages=tuple(
            SubStageCount(key, str(SubStage(key).label), by_sub_stage.get(key, 0))
            for key in SUB_STAGES[stage.value]
        ),
        at_risk=sum(row[3] for row in rows),
        dormant=sum(row[4] for row in rows),
        share=members / everyone if everyone else 0.0,
    )


def recent_moves(now: datetime | None = None) -> StageHistoryQuerySet:
    """Return the transitions between stages, latest first, to be sliced."""
    moves = StageHistory.objects.current().moves().select_related("member")
    # One look at each member: a list of all who are out of reach would be read from the whole table.
    moves = moves.exclude(Exists(out_of_reach(now or timezone.now()).filter(pk=OuterRef("member"))))
    return moves.order_by("-effective_on", "-id")


def latest_moves(number: int) -> list[StageHistory]:
    """Return the latest transitions between stages, with what a list shows of them. One query."""
    return _latest_moves(number)(now=timezone.now())


@cache
def _latest_moves(number: int) -> Prepared[StageHistory]:
    shown = ("member__username", "member__display_name", "stage", "sentence", "effective_on")

    def build(now: datetime) -> QuerySet[StageHistory]:
        return recent_moves(now).only(*shown)[:number]

    return Prepared(build)


def chips(member_ids: Iterable[int]) -> dict[int, MemberState]:
    """Return what a chip shows of the states of these members, by member id. One query."""
    return {state.member_id: state for state in _states()(member_ids=list(member_ids))}


@compiled_at_start()
def _states() -> Prepared[MemberState]:
    shown = ("stage", "sub_stage", "shown_stage", "stage_since", "at_risk")
    return Prepared(lambda member_ids: MemberState.objects.filter(member__any_of=member_ids).only(*shown))
