from typing import Any

from django.core.management.base import BaseCommand

from journeys import services


class Command(BaseCommand):
    help = "Recompute all journeys that have changed, in the foreground."

    def handle(self, *args: Any, **options: Any) -> None:
        services.mark_due(services.today())
        keys = rows = 0
        while shards := services.waiting_shards():
            done = [services.drain(shard) for shard in shards]
            keys += sum(one.keys for one in done)
            rows += sum(one.rollup + one.rows for one in done)
            if not any(one.keys for one in done):
                break  # other workers are on the rest
        self.stdout.write(f"Recomputed {keys} member-days and wrote {rows} rows.")
