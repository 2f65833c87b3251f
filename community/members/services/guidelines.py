from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from community.core.audit import audit
from community.core.markdown import render
from community.events.catalogue import GUIDELINES_ACCEPTED
from community.events.services.recording import record
from community.members.models import Guidelines, Member


@transaction.atomic
def publish_guidelines(source: str, *, actor: Member | None) -> Guidelines:
    """Publish a new version; members are asked to agree to it before their next post.

    Publishing the text that is already in force changes nothing.
    """
    current = Guidelines.objects.select_for_update().order_by("-version").first()
    if current is not None and current.source == source:
        return current
    newest = Guidelines.objects.aggregate(Max("version"))["version__max"] or 0
    guidelines = Guidelines.objects.create(version=newest + 1, source=source, html=render(source, top=2).html)
    audit("guidelines.publish", actor=actor, subject=guidelines, after={"version": guidelines.version})
    return guidelines


@transaction.atomic
def accept_guidelines(member: Member, *, guidelines: Guidelines, now: datetime | None = None) -> Member:
    """Record that the member agreed to this version, and when; idempotent."""
    locked = Member.objects.select_for_update().get(pk=member.pk)
    if locked.guidelines_id != guidelines.pk:
        locked.guidelines = guidelines
        locked.guidelines_accepted_at = now = now or timezone.now()
        locked.save(update_fields=["guidelines", "guidelines_accepted_at"])
        record(
            GUIDELINES_ACCEPTED,
            actor=locked,
            subject=locked,
            occurred_at=now,
            key=str(guidelines.version),
            version=guidelines.version,
        )
    member.guidelines = guidelines
    member.guidelines_accepted_at = locked.guidelines_accepted_at
    return member
