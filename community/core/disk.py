"""Make the site read-only when a disk is almost full, before PostgreSQL stops."""

from __future__ import annotations

import errno
import logging
import os
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from celery.contrib.django.task import DjangoTask
from celery.exceptions import Ignore
from django.conf import settings
from django.core.management import CommandError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from psycopg import errors

GetResponse = Callable[[HttpRequest], HttpResponse]

CHECK_SECONDS: Final = 2
# How long to refuse writes after PostgreSQL, whose disk may be elsewhere, reported that it is full.
FULL_SECONDS: Final = 10
RETRY_SECONDS: Final = 60
METRICS_BYTES: Final = 64 * 2**20
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108
# Writes needed for logging in and out.
ALLOWED: Final = {"account_login", "account_logout", "mfa_authenticate", "admin:login", "admin:logout"}

log = logging.getLogger(__name__)


class DiskLow(CommandError):
    """Too little disk space to continue; shown as the command's error."""


class _State:
    checked_at = float("-inf")
    low = False
    full_until = float("-inf")


def is_low() -> bool:
    """Return whether less than DISK_RESERVE_MB is free on one of our disks; checked every CHECK_SECONDS."""
    now = time.monotonic()
    if now - _State.checked_at >= CHECK_SECONDS:
        was_low, _State.low = _State.low, free_bytes() < settings.DISK_RESERVE_MB * 2**20
        _State.checked_at = now
        if _State.low and not was_low:
            log.error("Less than %s MB of disk are free: the site is read-only.", settings.DISK_RESERVE_MB)
    return _State.low or now < _State.full_until


def free_bytes() -> int:
    """Return the lowest free space of DISK_FOLDERS in bytes."""
    return min((_free_at(Path(folder)) for folder in settings.DISK_FOLDERS), default=2**63)


def require_room() -> None:
    """Stop a long command before it fills the disk; raises DiskLow."""
    if is_low():
        raise DiskLow(
            f"Less than {settings.DISK_RESERVE_MB} MB of disk are free. Make room, then run this again: it goes on from here."
        )


def metrics_folder() -> Path:
    """Return the folder for shared metrics: in memory, because a full disk kills writers of a mapped file (SIGBUS)."""
    if os.access(SHARED_MEMORY, os.W_OK) and _free_at(SHARED_MEMORY) >= METRICS_BYTES:
        return SHARED_MEMORY
    return Path(tempfile.gettempdir())


def _free_at(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class ReadOnlyWhenLow:
    """Answer writes with 503 while the disk is almost full, or when it turns out to be full."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        if request.method in ("GET", "HEAD", "OPTIONS") or request.path in _allowed_paths():
            return None
        return _refusal(request) if is_low() else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not _is_full(exception):
            return None
        log.error("The disk is full: %s", exception)
        _State.full_until = time.monotonic() + FULL_SECONDS
        return _refusal(request)


@cache
def _allowed_paths() -> set[str]:
    return {reverse(name) for name in ALLOWED}


def _is_full(exception: BaseException | None) -> bool:
    while exception:
        if isinstance(exception, errors.DiskFull) or getattr(exception, "errno", None) == errno.ENOSPC:
            return True
        exception = exception.__cause__
    return False


def _refusal(request: HttpRequest) -> HttpResponse:
    sentence = _(
        "This was not saved. The site is low on disk space and read-only for now. Copy what you wrote and try again later."
    )
    headers = {"Retry-After": str(RETRY_SECONDS)}
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": sentence}, status=503, headers=headers)
    return HttpResponse(
        render_to_string("read_only.html", {"sentence": sentence}), status=503, headers=headers
    )


class Task(DjangoTask):  # type: ignore[type-arg]
    """Skipped until the next sweep while the disk is almost full."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_low():
            raise Ignore()
        return super().__call__(*args, **kwargs)
