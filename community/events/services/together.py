"""Follow new events with all followers at once, as after a commit: the log is read once for all of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import OperationalError, transaction

from community.events.models import Cursor
from community.events.registry import Follower, all_followers

from . import cursors
from .cursors import Batch

log = logging.getLogger(__name__)

LIMIT = 200  # more is a backlog

Place = tuple[int, int, int]


def follow_together() -> list[str]:
    """Process the newest events with all followers that have read everything before.

    Each handles the events it wants in a transaction of its own, which moves its cursor, as in `cursors.follow`.
    The cursors of those that want none are moved by one statement. Return the names of the other followers with
    unread events, which `cursors.follow` must process: those behind, those that failed, and all if there is a backlog.
    """
    followers = all_followers()
    places = {cursor.name: _place(cursor) for cursor in Cursor.objects.filter(name__in=followers)}
    newest = max(places.values(), default=(0, 0, 0))
    level = [follower for name, follower in followers.items() if places.get(name) == newest]
    others = [name for name in followers if places.get(name) != newest and cursors.is_behind(name)]
    batch = _read(newest)
    if batch is None:
        return others
    if batch.count == LIMIT:
        return [*others, *(follower.name for follower in level)]
    return others + _process(level, newest, batch)


def _place(cursor: Cursor) -> Place:
    return cursor.epoch, int(cursor.last_xid), cursor.last_seq


@transaction.atomic
def _read(place: Place) -> Batch | None:
    epoch, xid, seq = place
    return cursors.read(Cursor(epoch=epoch, last_xid=xid, last_seq=seq), limit=LIMIT)


def _process(followers: Sequence[Follower], place: Place, batch: Batch) -> list[str]:
    """Process the batch with these followers, whose cursors are at `place`. Return the names of those that failed."""
    _skip([follower.name for follower in followers if not batch.wanted_by(follower)], place, batch)
    failed = []
    for follower in followers:
        if not batch.wanted_by(follower):
            continue
        try:
            _handle(follower, place, batch)
        except OperationalError:
            raise
        except Exception:
            # `cursors.follow` retries it, counts its failures and finds the event that is to blame.
            log.warning("Follower %s failed; it is run again by itself.", follower.name, exc_info=True)
            failed.append(follower.name)
    return failed


@transaction.atomic(durable=True)
def _skip(names: Sequence[str], place: Place, batch: Batch) -> None:
    if names:
        waiting = Cursor.objects.select_for_update(skip_locked=True).filter(name__in=names)
        # Under the lock: another worker may have moved it since it was read.
        if still := [cursor for cursor in waiting if _place(cursor) == place]:
            cursors.move(still, batch)


@transaction.atomic(durable=True)
def _handle(follower: Follower, place: Place, batch: Batch) -> None:
    cursor = cursors.lock(follower.name)
    if cursor is not None and _place(cursor) == place:
        follower.handle(batch.wanted_by(follower))
        cursors.move([cursor], batch)
