"""The audit log, which is append-only."""

from community.core.audit import Act
from community.moderation.models import AuditEntry

SYSTEM = "Caravan"


def write(act: Act) -> None:
    """Add an entry for one action."""
    AuditEntry.objects.create(
        actor=act.actor,
        actor_name=str(act.actor) if act.actor else SYSTEM,
        act=act.name,
        object_type=act.object_type,
        object_id=act.object_id,
        object_label=act.object_label,
        before=act.before,
        after=act.after,
        reason=act.reason,
        context=act.context,
    )
