from __future__ import annotations

import errno
import ipaddress
import secrets

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from community.runtime import readiness

NO_FILE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}


@require_safe
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """Liveness: this process answers. Checks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Readiness: 200 or 503, with the state of each part."""
    parts = readiness.check_all()
    return JsonResponse(parts, status=200 if readiness.is_ready(parts) else 503)


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def upload(request: HttpRequest, path: str) -> FileResponse:
    """Serve an upload where no proxy serves /media/, sandboxed by CSP so that it cannot act as a page of ours."""
    try:
        file = default_storage.open(path)
    except SuspiciousFileOperation as error:
        raise Http404 from error
    except OSError as error:
        if error.errno not in NO_FILE:
            raise
        raise Http404 from error
    return FileResponse(file, headers={"Content-Security-Policy": "default-src 'none'; sandbox"})


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for holders of METRICS_TOKEN; if it is not set, for private addresses only."""
    if not _may_see_metrics(request):
        raise PermissionDenied("Metrics require a token. Send METRICS_TOKEN as a bearer token.")
    response: HttpResponse = ExportToDjangoView(request)
    return response


def _may_see_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        sent = request.headers.get("Authorization", "")
        return secrets.compare_digest(sent.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # A forwarded request may come from anywhere, even if the proxy's address is private.
    came_through_proxy = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not came_through_proxy and _is_private(request.META["REMOTE_ADDR"])


def _is_private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return not address  # a Unix socket has no address and is local
