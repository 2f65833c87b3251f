"""The web server: pre-forked processes on one socket. Run as `python -m community.runtime.web --bind HOST:PORT`.

The application is loaded before forking. A process that dies is replaced, and each is recycled after some thousand
requests. SIGTERM drains them.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import random
import resource
import select
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from community.core.disk import metrics_folder

WORKERS = int(os.environ.get("WEB_WORKERS", "2"))
# Concurrent requests per process; each thread uses one database connection.
THREADS = int(os.environ.get("WEB_THREADS", "4"))
MAX_REQUESTS = int(os.environ.get("WEB_MAX_REQUESTS", "20000"))
# The proxy whose X-Forwarded-* headers are trusted with BEHIND_PROXY: one address, or * for any.
FORWARDED_ALLOW_IPS = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
# The statement_timeout of requests; 0 for a pooler that refuses the option.
STATEMENT_SECONDS = os.environ.get("WEB_STATEMENT_SECONDS", "10")
MAX_CONNECTIONS = 8_000
IDLE_SECONDS = 60
BACK_OFF_SECONDS = (0, 1, 2, 4, 8, 15, 30)
# A process that ran at least this long is replaced without backoff.
STEADY_SECONDS = 30
STOP_SECONDS = 12
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}

logger = logging.getLogger(__name__)

# Serves the socket, and calls its argument when it stops accepting connections.
Serve = Callable[[Callable[[], None]], None]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m community.runtime.web", description="Serve the site.")
    parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT")
    host, _, port = parser.parse_args().bind.rpartition(":")
    try:
        listener = socket.create_server((host.strip("[]"), int(port)), family=_family(host), backlog=1024)
    except OSError as error:
        sys.exit(f"Cannot serve on {host}:{port}: {os.strerror(error.errno or 0)}.")
    metrics = _make_metrics_folder()
    os.environ["STATEMENT_SECONDS"] = STATEMENT_SECONDS
    connections = _raise_file_limit()
    serve = load(listener, connections=connections)
    Parent(WORKERS, serve).run()
    shutil.rmtree(metrics, ignore_errors=True)
    return 0


def load(listener: socket.socket, *, connections: int) -> Serve:
    """Load the application and close its connections, which forked processes must not share."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "community.settings")
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.db import connections as database
    from waitress.adjustments import Adjustments

    from community.core import checks
    from community.runtime.http_server import Server, busy_answer

    application = get_wsgi_application()
    checks.exit_on_errors()
    # The application logs its own errors; waitress would only add those of clients.
    logging.getLogger("waitress").setLevel(logging.ERROR)
    adjustments = Adjustments(
        sockets=[listener],
        threads=THREADS,
        connection_limit=connections,
        channel_timeout=IDLE_SECONDS,
        max_request_body_size=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1,
        max_request_header_size=32_768,
        inbuf_overflow=65_536,
        log_socket_errors=False,
        ident=None,
        **_proxy(behind=settings.BEHIND_PROXY),
    )

    def serve(on_retire: Callable[[], None]) -> None:
        max_requests = MAX_REQUESTS + random.randrange(MAX_REQUESTS // 10 + 1)  # noqa: S311
        server = Server(
            application,
            listener,
            adjustments=adjustments,
            max_requests=max_requests,
            on_retire=on_retire,
            busy=busy,
        )
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: server.retire())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        server.run()

    _preload()
    busy = busy_answer(application)
    database.close_all()
    set_up_collector()
    return serve


def set_up_collector() -> None:
    """Leave what is loaded out of collections, and collect often: every request of the process waits meanwhile.

    A page leaves some 300 objects in cycles. To collect 5,000 takes 4 ms, and 50,000 would take 35.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)


def _preload() -> None:
    """Load templates, addresses and statements once for all processes; otherwise the first readers of each wait."""
    from django.contrib.auth import get_backends
    from django.db import OperationalError
    from django.template import engines
    from django.urls import get_resolver

    from community.core.prepared import compile_statements

    pages = engines["jinja2"].env  # type: ignore[attr-defined]
    for name in pages.list_templates(extensions=["html"]):
        if not name.startswith("django/"):
            pages.get_template(name)
    _ = get_resolver().reverse_dict
    get_backends()
    # Without the database, they are compiled when they are needed.
    with suppress(OperationalError):
        compile_statements()


def _proxy(*, behind: bool) -> dict[str, Any]:
    """Return waitress' proxy settings.

    Without a trusted proxy the headers are left in place, untrusted, so that the application can detect a proxy.
    """
    if not behind:
        return {"clear_untrusted_proxy_headers": False}
    if "," in FORWARDED_ALLOW_IPS:
        sys.exit("FORWARDED_ALLOW_IPS takes one address, or * for any.")
    return {
        "trusted_proxy": FORWARDED_ALLOW_IPS.strip(),
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        "clear_untrusted_proxy_headers": True,
    }


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _raise_file_limit() -> int:
    """Raise the limit of open files, and return the number of connections that one process can hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    # A large body is buffered in a file, besides its socket.
    return min(MAX_CONNECTIONS, max(soft, wanted) * 2 // 5)


def _make_metrics_folder() -> Path:
    """Create the folder that the processes share for metrics, so that /metrics covers all of them."""
    default = str(metrics_folder() / f"caravan-metrics-{os.getpid()}")
    folder = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", default))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder


@dataclass
class Worker:
    """A forked process; `pipe` is at EOF once it has stopped accepting connections or died."""

    pid: int
    pipe: int
    since: float
    retired: bool = False


class Parent:
    """Keeps `count` processes serving."""

    def __init__(self, count: int, serve: Serve) -> None:
        self.count = count
        self.serve = serve
        self.workers: dict[int, Worker] = {}
        self.failures = 0
        self.start_after = 0.0
        self.stopping = False

    def run(self) -> None:
        """Run until SIGTERM or SIGINT, and return when all processes have ended."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._request_stop)
        while not self.stopping:
            self._start_missing()
            self._notice_retired()
            self._reap()
        self._stop()

    def _request_stop(self, *_: object) -> None:
        self.stopping = True

    def _serving(self) -> dict[int, Worker]:
        return {worker.pipe: worker for worker in self.workers.values() if not worker.retired}

    def _start_missing(self) -> None:
        while (
            len(self._serving()) < self.count and time.monotonic() >= self.start_after and not self.stopping
        ):
            self._start()

    def _start(self) -> None:
        reading, writing = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)  # until the new process has its handlers
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._be_worker(lambda: os.close(writing))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        os.close(writing)
        self.workers[pid] = Worker(pid, reading, since=time.monotonic())

    def _be_worker(self, on_retire: Callable[[], None]) -> None:
        code = 1
        try:
            for worker in self.workers.values():
                os.close(worker.pipe)
            self.serve(on_retire)
            code = 0
        except BaseException:
            logger.exception("A web process failed")
        finally:
            logging.shutdown()
            os._exit(code)  # skip the parent's cleanup handlers

    def _notice_retired(self) -> None:
        serving = self._serving()
        for pipe in select.select(list(serving), [], [], 0.2)[0]:
            serving[pipe].retired = True

    def _reap(self) -> None:
        """Reap processes that ended. One that failed soon after its start increases the backoff."""
        from prometheus_client import multiprocess

        for worker in list(self.workers.values()):
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if pid == 0:
                continue
            os.close(worker.pipe)
            del self.workers[pid]
            multiprocess.mark_process_dead(pid)
            failed = status != 0 and time.monotonic() - worker.since < STEADY_SECONDS
            self.failures = self.failures + 1 if failed else 0
            wait = BACK_OFF_SECONDS[min(self.failures, len(BACK_OFF_SECONDS) - 1)]
            self.start_after = time.monotonic() + wait
            if status and not self.stopping:
                logger.warning("Web process %s ended with code %s", pid, os.waitstatus_to_exitcode(status))

    def _stop(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.workers:
                os.kill(pid, number)
            while self.workers and (time.monotonic() < deadline or number == signal.SIGKILL):
                time.sleep(0.02)
                self._reap()


if __name__ == "__main__":
    sys.exit(main())
