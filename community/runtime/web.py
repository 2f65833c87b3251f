"""Gunicorn's settings, for `manage.py up` and for the container alike."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from community.core.disk import metrics_folder

# Threads wait for the database in parallel and keep connections open; one process per core does the work
# between. On two cores this served a page two to three times as often as as many `sync` workers.
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# Loaded once and shared: quicker to start and smaller in memory.
preload_app = True
max_requests = 20_000
max_requests_jitter = 2_000
graceful_timeout = 10
timeout = 60
keepalive = 5
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
# Requests are logged by the application (django-structlog), with the member and the request's id.
accesslog = None
errorlog = "-"
loglevel = "warning"

# The workers' counters meet in files, so that /metrics tells of all of them whoever answers.
_metrics = Path(
    os.environ.setdefault(
        "PROMETHEUS_MULTIPROC_DIR", str(metrics_folder() / f"caravan-metrics-{os.getpid()}")
    )
)
shutil.rmtree(_metrics, ignore_errors=True)
_metrics.mkdir(mode=0o700, parents=True)


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    shutil.rmtree(_metrics, ignore_errors=True)
