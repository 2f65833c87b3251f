"""Write to the audit log, from any app.

`settings.AUDIT_LOG` names the function that stores entries, because `core` and most apps may not import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from community.members.models import Member


@dataclass(frozen=True)
class AuditedAction:
    """An action by a staff member or by the system."""

    name: str
    actor: Member | None
    object_type: str
    object_id: str
    object_label: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str
    context: dict[str, Any] = field(default_factory=dict)


_context: ContextVar[Mapping[str, Any]] = ContextVar("audit_context", default={})  # noqa: B039 - never changed


def audit(
    name: str,
    *,
    actor: Member | None,
    subject: models.Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Add an entry to the audit log: `actor` did `name` (`post.hide`, `roles.set`) to `subject`.

    `before` and `after` hold only what changed. Call it in the transaction of the change, so that both commit
    or neither does. None as the actor means the system.
    """
    action = AuditedAction(
        name=name,
        actor=actor,
        object_type=subject._meta.label_lower,
        object_id=str(subject.pk),
        object_label=str(subject)[:200],
        before=plain(before or {}),
        after=plain(after or {}),
        reason=reason,
        context=dict(_context.get()),
    )
    import_string(settings.AUDIT_LOG)(action)


@contextmanager
def audit_context(**context: Any) -> Iterator[None]:
    """Add the origin (path, address, command) to every entry written inside the block."""
    token = _context.set({**_context.get(), **context})
    try:
        yield
    finally:
        _context.reset(token)


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values to JSON types."""
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value.pk if isinstance(value, models.Model) else str(value)
