"""The rows of one member's history while the fold builds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from .facts import Evidence, Fact, Row, evidence_of, merge
from .stages import RELATIONSHIP, START, ordered

Numbers = Mapping[str, Any]


class Reason(NamedTuple):
    """Why a stage changed: the rule, its evidence, the facts, and a sentence."""

    rule: str
    evidence: Evidence
    facts: Numbers
    sentence: str


def make_reason(
    rule: str, evidence: Iterable[Fact] | Evidence, facts: Numbers, sentence: Callable[[Numbers], str]
) -> Reason:
    """Return a Reason; `sentence` renders its facts."""
    found = evidence if isinstance(evidence, Evidence) else evidence_of(evidence)
    return Reason(rule, found, facts, sentence(facts))


class History:
    """Contiguous, non-empty rows: a position entered and left on the same day gets none."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, day: date, position: tuple[str, str, frozenset[str], int], why: Reason) -> None:
        """Add a row: the member is at `position` (stage, sub-stage, facets, cycle) from `day` on."""
        today = self.rows.pop() if self.rows and self.rows[-1].effective_on == day else None
        stage, sub_stage, facets, cycle = position
        row = Row(
            seq=len(self.rows) + 1,
            prev=self.rows[-1].stage if self.rows else START,
            stage=stage,
            sub_stage=sub_stage,
            facets=ordered(facets),
            cycle=cycle,
            effective_on=day,
            exited_on=None,
            rule=why.rule,
            evidence=why.evidence.ids,
            evidence_n=why.evidence.n,
            facts=why.facts,
            sentence=why.sentence,
        )
        if self.rows:
            self.rows[-1] = self.rows[-1]._replace(exited_on=day)
        self.rows.append(_merge_rows(today, row) if today else row)


def _merge_rows(earlier: Row, later: Row) -> Row:
    """Merge two facet changes of the same day; otherwise the later row wins."""
    if not earlier.stage == later.stage == RELATIONSHIP:
        return later
    both = merge(Evidence(earlier.evidence, earlier.evidence_n), Evidence(later.evidence, later.evidence_n))
    return later._replace(
        rule=earlier.rule,
        evidence=both.ids,
        evidence_n=both.n,
        facts={**earlier.facts, later.rule: later.facts},
        sentence=f"{earlier.sentence} {later.sentence}",
    )
