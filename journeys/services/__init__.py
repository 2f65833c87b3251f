"""Mark dirty member-days, recompute them, and manage rulesets and overrides."""

from .dirty import (
    SHARDS,
    mark_due,
    mark_events,
    mark_every_day,
    mark_everyone,
    mark_members,
    shard_of,
    waiting_members,
)
from .overrides import clear_override, set_override
from .replay import Replay, check_everyone
from .rulesets import live_ruleset, next_version, parsed, publish_ruleset
from .shards import Drained, drain, today, waiting_shards

__all__ = [
    "SHARDS",
    "Drained",
    "Replay",
    "check_everyone",
    "clear_override",
    "drain",
    "live_ruleset",
    "mark_due",
    "mark_events",
    "mark_every_day",
    "mark_everyone",
    "mark_members",
    "next_version",
    "parsed",
    "publish_ruleset",
    "set_override",
    "shard_of",
    "today",
    "waiting_members",
    "waiting_shards",
]
