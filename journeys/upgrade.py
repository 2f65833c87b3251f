"""After `migrate`: recompute the journeys if the engine has changed."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def after_migrate(*, verbosity: int, plan: list[Any] | None = None, **kwargs: Any) -> None:
    from .services.replay import replay_after_upgrade

    if plan is None or not _is_migrated():
        return  # after `flush`, or after a part of the migrations
    done = replay_after_upgrade()
    if done is not None and verbosity:
        kwargs["stdout"].write(
            f"The stage engine has changed. Members recomputed: {done.members}. "
            f"Histories corrected: {done.corrected}. Nobody is notified.\n"
        )


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
