from typing import Any

from django.core.management.base import BaseCommand

from journeys.services import dirty, shards


class Command(BaseCommand):
    help = "Recompute all journeys that have changed, in the foreground."

    def handle(self, *args: Any, **options: Any) -> None:
        dirty.mark_due(shards.today())
        keys = rows = 0
        while waiting := shards.waiting_shards():
            done = [shards.drain(shard) for shard in waiting]
            keys += sum(one.keys for one in done)
            rows += sum(one.rollup + one.rows for one in done)
            if not any(one.keys for one in done):
                break  # other workers hold the remaining shards
        self.stdout.write(f"Recomputed {keys} member-days and wrote {rows} rows.")
