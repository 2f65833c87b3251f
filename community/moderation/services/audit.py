from community.core.audit import Act
from community.moderation.models import AuditEntry

SYSTEM = "Caravan"


def keep_entry(act: Act) -> None:
    """Write one act down; entries are never changed."""
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
