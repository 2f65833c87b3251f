"""Readiness checks: each part by name, with "ok" or a sentence about what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from community.core import disk
from community.runtime import heartbeat

OK = "ok"


def check_all() -> dict[str, str]:
    """Return "ok" or what is wrong, by part. The page is public, so no secrets."""
    return {name: check() for name, check in PARTS.items()}


def check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "the database does not answer"
    return OK


def check_migrations() -> str:
    """Cached after the first success, because a process does not load new migrations."""
    if _Migrations.complete:
        return OK
    try:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return "unknown: the database does not answer"
    if missing:
        return f"{missing} not applied; run manage.py migrate"
    _Migrations.complete = True
    return OK


def check_redis() -> str:
    try:
        cache.get(heartbeat.KEY)
    except redis.RedisError:
        return "Redis does not answer"
    return OK


def check_worker() -> str:
    try:
        seen = heartbeat.worker_was_seen()
    except redis.RedisError:
        return "unknown: Redis does not answer"
    return OK if seen else "no worker was seen in the last minute"


def check_disk() -> str:
    return "nearly full: the site is read-only" if disk.is_low() else OK


def is_ready(parts: dict[str, str]) -> bool:
    """Whether a proxy should send requests here; a read-only site (full disk) is still ready."""
    return all(answer == OK for name, answer in parts.items() if name != "disk")


class _Migrations:
    complete = False


PARTS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "migrations": check_migrations,
    "redis": check_redis,
    "worker": check_worker,
    "disk": check_disk,
}
