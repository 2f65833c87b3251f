"""Members' visits: buffered in Redis and written in bulk, so that no page waits for the database."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from functools import cache
from typing import Any, cast

import redis
from django.db import transaction
from redis.commands.core import Script

from community.core import redis_client
from community.events.catalogue import VISIT_DAY
from community.events.services.recording import Draft, actor_role_of, record_all
from community.members.models import VISIT_ENDS_AFTER, Member

log = logging.getLogger(__name__)

VISITS = "members:visits"
# Seconds between two noted visits of one member: the resolution of `last_seen_at`.
NOTE_EVERY = 600
BATCH_SIZE = 5_000
# Until when (Unix time) this process need not ask Redis about a member; cleared when it holds MAX_NOTED.
MAX_NOTED = 10_000
_noted_until: dict[int, float] = {}

_NOTE_SCRIPT = """
if redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1]) then
  redis.call('RPUSH', KEYS[2], ARGV[2])
end
return redis.call('TTL', KEYS[1])
"""


def note_visit(member_id: int, *, url: str, now: datetime) -> None:
    """Buffer a visit, at most once per NOTE_EVERY. Redis errors are logged, not raised."""
    if now.timestamp() < _noted_until.get(member_id, 0):
        return
    try:
        visit = json.dumps([member_id, now.isoformat(), url[:300]])
        buffer = redis_client.key(VISITS)
        seconds = _note_script()(keys=[f"{buffer}:{member_id}", buffer], args=[NOTE_EVERY, visit])
        if len(_noted_until) >= MAX_NOTED:
            _noted_until.clear()
        _noted_until[member_id] = now.timestamp() + seconds
    except redis.RedisError:
        log.warning("Could not note a visit.", exc_info=True)


def write_visits() -> int:
    """Write buffered visits to the members' rows and the event log. Return how many there were."""
    written = 0
    while rows := cast(list[str], redis_client.client().lpop(redis_client.key(VISITS), BATCH_SIZE)):
        _write([json.loads(row) for row in rows])
        written += len(rows)
    return written


def visit_draft(member: Member, at: datetime, *, url: str | None = None, **fields: Any) -> Draft:
    """Return the event for a day with a visit; the key makes it unique per member and day in their time zone."""
    return Draft(
        name=VISIT_DAY,
        occurred_at=at,
        payload={"first_url": url},
        object_type="members.member",
        object_id=member.pk,
        member_id=member.pk,
        actor_id=member.pk,
        actor_role=actor_role_of(member),
        company_id=member.company_id,
        key=f"{at.astimezone(member.zone):%Y-%m-%d}",
        **fields,
    )


@transaction.atomic
def _write(rows: list[Any]) -> None:
    members = Member.objects.in_bulk({member_id for member_id, _, _ in rows})
    visits = [(members[row[0]], datetime.fromisoformat(row[1]), row[2]) for row in rows if row[0] in members]
    visits.sort(key=lambda visit: visit[1])
    for member, at, _ in visits:
        if member.last_seen_at and at - member.last_seen_at >= VISIT_ENDS_AFTER:
            member.previous_visit_at = member.last_seen_at
        member.last_seen_at = max(member.last_seen_at or at, at)
    Member.objects.bulk_update(members.values(), ["last_seen_at", "previous_visit_at"], batch_size=1000)
    # The visits of one day share an event id, so only the first is stored.
    record_all(visit_draft(member, at, url=url) for member, at, url in visits)


@cache
def _note_script() -> Script:
    return redis_client.client().register_script(_NOTE_SCRIPT)
