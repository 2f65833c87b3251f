"""Reports on stage_history and member_state; only a member's timeline reads events.

overview.stage_counts()            members per stage and sub-stage, at risk, dormant
movement.movement(days=30)         stages then and now, each member counted once
overview.recent_moves()            QuerySet of the latest transitions with reasons (sentence, rule, evidence)
funnel.funnel(...)                 cohort funnel; counts skipped stages, and members still within the window as open
timeline.timeline(member)          stages with evidence and companions, for staff and for the member
timeline.events_of(member)         QuerySet of the member's events, newest first
overview.chips(member_ids)         stage chips beside authors, in one query
"""
