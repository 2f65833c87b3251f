"""Reports on stage_history and member_state; only a member's timeline reads events.

stage_counts()            members per stage and sub-stage, at risk, dormant
movement(days=30)         stages then and now, each member counted once
flows(days=30)            transitions: counts per edge
recent_moves()            QuerySet of the latest transitions with reasons (sentence, rule, evidence)
funnel(...)               cohort funnel; counts skipped stages, and members still within the window as open
timeline(member)          stages with evidence and companions, for staff and for the member
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
