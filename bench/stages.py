"""The journeys of the members created by FILL=1."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from django.db import models

from bench.bulk import Batch
from journeys.models import MemberDay, MemberState, Stage, StageHistory, SubStage

DAYS = 3 * 365
# The final stage of members, with weights.
STAGES = (
    (Stage.DISCOVERY, SubStage.REGISTERED, 40),
    (Stage.ENGAGEMENT, SubStage.EXPLORING, 30),
    (Stage.CONVERSION, SubStage.FIRST_PURCHASE, 18),
    (Stage.RELATIONSHIP, SubStage.RETENTION, 12),
)


def write(members: Sequence[int], chance: random.Random, today: date) -> None:
    """Give 70 % of the members a stage, its history, and two active days."""
    batch = Batch()
    known = set(MemberState.objects.values_list("pk", flat=True))
    for member in sorted(set(members) - known):
        if chance.random() < 0.7:
            batch.add(*_journey(chance, member, today))
    batch.copy()


def _journey(chance: random.Random, member: int, today: date) -> Iterable[models.Model]:
    reached = chance.choices(range(len(STAGES)), weights=[row[2] for row in STAGES])[0]
    days = sorted(chance.sample(range(1, DAYS), reached + 1), reverse=True)
    entered = [today - timedelta(day) for day in days]
    for seq, (stage, sub_stage, _) in enumerate(STAGES[: reached + 1]):
        yield StageHistory(
            member_id=member,
            seq=seq + 1,
            prev=STAGES[seq - 1][0] if seq else "",
            stage=stage,
            sub_stage=sub_stage,
            cycle=1,
            effective_on=entered[seq],
            exited_on=entered[seq + 1] if seq < reached else None,
            rule="R1",
            ruleset=1,
            evidence=[UUID(int=chance.getrandbits(128), version=4)],
            evidence_n=1,
            sentence="Was here.",
        )
    stage, sub_stage, _ = STAGES[reached]
    yield MemberState(
        member_id=member,
        stage=stage,
        sub_stage=sub_stage,
        cycle=1,
        stage_since=entered[-1],
        first_on=entered[0],
        last_active_on=entered[-1],
        activity=chance.choice(("active", "cooling", "dormant")),
        at_risk=chance.random() < 0.05,
        shown_stage=stage,
        ruleset=1,
        as_of=today,
    )
    for day in {entered[0], entered[-1]}:
        yield MemberDay(member_id=member, day=day, kind="visit.day", n=1, ids=chance.randbytes(16))
