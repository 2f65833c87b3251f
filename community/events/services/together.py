"""Follow events with many followers at once: the log is read once for all of them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from django.db import OperationalError, transaction

from community.events.models import Cursor
from community.events.registry import Follower, all_followers

from . import cursors
from .cursors import Batch, Place, place_of

log = logging.getLogger(__name__)

LIMIT = 200  # more is a backlog
BACKLOG = 10_000  # events of a backlog that are read at once; each read counts the badges of its members anew


def follow_together() -> list[str]:
    """Process the newest events with all followers that are not far behind.

    Each handles those it wants in a transaction of its own, which moves its cursor, as in `cursors.follow`. The
    cursors of those that want none are moved by one statement. Return the names of the followers that
    `cursors.follow` must run: those that failed, and those with a backlog.
    """
    followers = all_followers()
    places = _places(followers, failures=0)
    others = [name for name in followers if name not in places and cursors.is_behind(name)]
    while places and (batch := _read(min(places.values()), LIMIT)):
        behind = {followers[name]: place for name, place in places.items() if place < batch.last}
        if batch.count < LIMIT:
            return others + _process(behind, batch)
        # A backlog. Those that have read it go on without those that have not.
        others += [follower.name for follower in behind]
        places = {name: place for name, place in places.items() if followers[name] not in behind}
    return others


def catch_up(names: Collection[str]) -> int:
    """Run these followers until none of them has unread events. Return the number of events read.

    Leaves out those whose cursor another worker has locked. Raises the exception of one that fails, as
    `cursors.follow` does.
    """
    Cursor.objects.bulk_create([Cursor(name=name) for name in names], ignore_conflicts=True)
    places, read = _places(names), 0
    while places and (batch := _read(min(places.values()), BACKLOG)):
        behind = {name: place for name, place in places.items() if place < batch.last}
        for name in _process({all_followers()[name]: place for name, place in behind.items()}, batch):
            cursors.follow(name)
        now = _places(names)
        stuck = {name for name, place in behind.items() if now[name] == place}
        read += batch.count if stuck < behind.keys() else 0
        places = {name: now[name] for name in places if name not in stuck}
    return read


def _places(names: Collection[str], **only: int) -> dict[str, Place]:
    return {cursor.name: place_of(cursor) for cursor in Cursor.objects.filter(name__in=names, **only)}


@transaction.atomic
def _read(place: Place, limit: int) -> Batch | None:
    epoch, xid, seq = place
    return cursors.read(Cursor(epoch=epoch, last_xid=xid, last_seq=seq), limit=limit)


def _process(followers: Mapping[Follower, Place], batch: Batch) -> list[str]:
    """Process the batch with these followers, whose cursors are there. Return the names of those that failed."""
    wanting = {
        follower: place for follower, place in followers.items() if batch.wanted_by(follower, after=place)
    }
    _skip({follower.name: place for follower, place in followers.items() if follower not in wanting}, batch)
    failed = []
    for follower, place in wanting.items():
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
def _skip(places: Mapping[str, Place], batch: Batch) -> None:
    if places:
        waiting = Cursor.objects.select_for_update(skip_locked=True).filter(name__in=places)
        # Under the lock: another worker may have moved it since it was read.
        if still := [cursor for cursor in waiting if place_of(cursor) == places[cursor.name]]:
            cursors.move(still, batch)


@transaction.atomic(durable=True)
def _handle(follower: Follower, place: Place, batch: Batch) -> None:
    cursor = cursors.lock(follower.name)
    if cursor is not None and place_of(cursor) == place:
        follower.handle(batch.wanted_by(follower, after=place))
        cursors.move([cursor], batch)
