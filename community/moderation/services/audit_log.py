"""The audit log, which is append-only."""

from community.core.audit import AuditedAction
from community.moderation.models import AuditEntry

SYSTEM = "Caravan"


def write(action: AuditedAction) -> None:
    """Add an entry for one action."""
    AuditEntry.objects.create(
        actor=action.actor,
        actor_name=str(action.actor) if action.actor else SYSTEM,
        act=action.name,
        object_type=action.object_type,
        object_id=action.object_id,
        object_label=action.object_label,
        before=action.before,
        after=action.after,
        reason=action.reason,
        context=action.context,
    )
