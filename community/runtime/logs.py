"""Log formats: one JSON object per line in production, readable lines on a developer's machine.

No line contains tokens, search terms or email addresses; see `core/redaction.py`.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog import signals
from django_structlog.middlewares import RequestMiddleware

from community.core import redaction

# Local variables in tracebacks would leak passwords and tokens into the logs.
_tracebacks = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
# The processors of both structlog's loggers and the standard ones of libraries.
SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configuration(format: str, level: str) -> dict[str, Any]:
    """Configure structlog, and return the matching LOGGING setting for Django."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            *[
                processor
                for processor in SHARED[1:]
                if not isinstance(processor, structlog.stdlib.ExtraAdder)
            ],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"ours": {"()": _formatter, "format": format}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "ours"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # django-structlog logs the same, with the id of the request or task.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "celery.worker.consumer": {"level": "WARNING"},
        },
    }


def _formatter(format: str) -> structlog.stdlib.ProcessorFormatter:
    finish: list[Any]
    if format == "json":
        finish = [_tracebacks, _redacted, structlog.processors.JSONRenderer()]
    else:
        console = structlog.dev.ConsoleRenderer(
            colors=False, pad_event_to=24, exception_formatter=structlog.dev.plain_traceback
        )
        finish = [_without_ids, structlog.processors.format_exc_info, _redacted, console]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
    )


def _without_ids(logger: object, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drop fields that are only useful to a log collector."""
    for key in ("timestamp", "logger", "request_id", "parent_task_id", "task_id", "correlation_id"):
        event.pop(key, None)
    return event


def _redacted(logger: object, name: str, event: dict[str, Any]) -> dict[str, Any]:
    error = redaction.everywhere(event.pop("exception", None), redact=redaction.error_text)
    redacted: dict[str, Any] = redaction.everywhere(event)
    return {**redacted, "exception": error} if error else redacted


class LogRequests(RequestMiddleware):
    """Log one line per request, with its redacted path and the member's id."""

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        # The library's looks for the session of visitors, too.
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES or request.session.accessed
        structlog.contextvars.bind_contextvars(user_id=request.user.pk if has_session else None)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {redaction.path(request)}"


@receiver(signals.bind_extra_request_metadata)
def note_start(request: HttpRequest, **kwargs: Any) -> None:
    # Not in META, which allauth replaces when it resumes a request after reauthentication.
    request.caravan_started = time.perf_counter()  # type: ignore[attr-defined]
    redaction.current.set(request)


@receiver(signals.bind_extra_request_finished_metadata)
def log_duration(request: HttpRequest, log_kwargs: dict[str, Any], **kwargs: Any) -> None:
    """Add the request's duration in milliseconds to the line that is logged when it has finished."""
    seconds = time.perf_counter() - request.caravan_started  # type: ignore[attr-defined]
    log_kwargs["ms"] = round(seconds * 1000, 1)
