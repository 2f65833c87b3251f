"""The rules of the fold: parsed from JSON, validated and immutable."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .ledger import BOUGHT

MILLI = 1000


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KindsRule(_Rule):
    kinds: frozenset[str]


class PointsRule(_Rule):
    points: float = Field(gt=0)
    days: int = Field(ge=1)


class EvaluatingRule(KindsRule):
    reads: frozenset[str]
    reads_needed: int = Field(ge=1)
    reads_days: int = Field(ge=1)


class ActiveDaysRule(_Rule):
    active_days: int = Field(ge=1)


class DaysRule(_Rule):
    days: int = Field(ge=1)


class RetentionRule(KindsRule, DaysRule):
    active_within: int = Field(ge=1)


class LeavingRule(_Rule):
    grace_days: int = Field(ge=0)


class RiskRule(_Rule):
    detractor_days: int = Field(ge=1)
    payment_days: int = Field(ge=1)
    severity: int
    least_active_days: int = Field(ge=1)


class ActivityRule(_Rule):
    """Maximum ages in days for new, active and so on; see `ActivityDates.activity_on`."""

    new: int = Field(ge=0)
    active: int = Field(ge=0)
    cooling: int = Field(ge=0)
    resurrected: int = Field(ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.active < self.cooling:
            raise ValueError("`active` must be less than `cooling`.")
        return self


class Ruleset(_Rule):
    """One version of all rules."""

    points: Mapping[str, float]
    day_caps: Mapping[str, int]
    passive: frozenset[str]
    E1: KindsRule
    E2: PointsRule
    E3: EvaluatingRule
    C1: KindsRule
    R1: KindsRule
    R2: ActiveDaysRule
    R3: DaysRule
    R4: RetentionRule
    R5: KindsRule
    L1: DaysRule
    L2: LeavingRule
    A1: RiskRule
    activity: ActivityRule

    @model_validator(mode="after")
    def _buying_is_commercial(self) -> Self:
        if not self.C1.kinds <= BOUGHT:
            others = ", ".join(sorted(self.C1.kinds - BOUGHT))
            raise ValueError(f"Only purchases and subscriptions can lead to conversion, not {others}.")
        return self

    @cached_property
    def milli_points(self) -> Mapping[str, int]:
        """Points in thousandths: the sum of integers does not depend on their order."""
        return {kind: round(points * MILLI) for kind, points in self.points.items()}

    @cached_property
    def milli_needed(self) -> int:
        return round(self.E2.points * MILLI)


def parse_ruleset(rules: Mapping[str, Any]) -> Ruleset:
    """Parse a ruleset from JSON. Raises ValueError with the reason when it is invalid."""
    return Ruleset.model_validate(dict(rules))
