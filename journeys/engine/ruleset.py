"""The rules of the fold: parsed from JSON, validated and immutable."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from .ledger import BOUGHT

MILLI = 1000
# Upper limits keep dates and sums of points within what Python and PostgreSQL can represent.
Days = Annotated[int, Field(strict=True, ge=1, le=36_500)]
DaysOrNone = Annotated[int, Field(strict=True, ge=0, le=36_500)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Points = Annotated[float, Field(strict=True, ge=0, le=1_000_000)]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Kinds = frozenset[Kind]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KindsRule(_Rule):
    kinds: Kinds


class PointsRule(_Rule):
    points: Annotated[Points, Field(gt=0)]
    days: Days


class EvaluatingRule(KindsRule):
    reads: Kinds
    reads_needed: Count
    reads_days: Days


class ActiveDaysRule(_Rule):
    active_days: Days


class DaysRule(_Rule):
    days: Days


class RetentionRule(KindsRule, DaysRule):
    active_within: Days


class LeavingRule(_Rule):
    grace_days: DaysOrNone


class RiskRule(_Rule):
    detractor_days: Days
    payment_days: Days
    severity: Annotated[int, Field(strict=True, ge=0, le=1_000)]
    least_active_days: Days


class ActivityRule(_Rule):
    """Maximum ages in days for new, active and so on; see `ActivityDates.activity_on`."""

    new: DaysOrNone
    active: DaysOrNone
    cooling: DaysOrNone
    resurrected: DaysOrNone

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.active < self.cooling:
            raise ValueError("`active` must be less than `cooling`.")
        return self


class Ruleset(_Rule):
    """One version of all rules."""

    points: Mapping[Kind, Points]
    day_caps: Mapping[Kind, Annotated[int, Field(strict=True, ge=0, le=1_000_000)]]
    passive: Kinds
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

    @property
    def kinds(self) -> Mapping[str, Collection[Kind]]:
        """The names of events in these rules, by where they are."""
        rules = {"E1": self.E1, "E3": self.E3, "C1": self.C1, "R1": self.R1, "R4": self.R4, "R5": self.R5}
        return {
            "points": self.points,
            "day_caps": self.day_caps,
            "passive": self.passive,
            **{f"{name}.kinds": rule.kinds for name, rule in rules.items()},
            "E3.reads": self.E3.reads,
        }

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
