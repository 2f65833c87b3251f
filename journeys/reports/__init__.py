"""What the pages show, read from stage_history and member_state and never from raw events.

stage_counts()            members per stage and sub-stage, at risk, moved by hand
movement(days=30)         where everybody was and is: every member once
flows(days=30)            who moved from where to where: counts per edge
recent_moves()            QuerySet: who moved last, and why (sentence, rule, evidence)
funnel(...)               skip-aware, with those still inside their time shown as open
timeline(member)          bands, moves with companions, refusals; for staff and for the member alike
events_of(member)         QuerySet of the member's events, newest first
evidence_of(row)          the events behind one history row
chips(member_ids)         stage chips beside authors, in one query
"""

from .companions import Companion
from .funnel import Funnel, FunnelStep, funnel
from .movement import Movement, movement
from .overview import Flow, StageCount, SubStageCount, chips, flows, recent_moves, stage_counts
from .timeline import Band, Timeline, events_of, evidence_of, timeline

__all__ = [
    "Band",
    "Companion",
    "Flow",
    "Funnel",
    "FunnelStep",
    "Movement",
    "StageCount",
    "SubStageCount",
    "Timeline",
    "chips",
    "events_of",
    "evidence_of",
    "flows",
    "funnel",
    "movement",
    "recent_moves",
    "stage_counts",
    "timeline",
]
