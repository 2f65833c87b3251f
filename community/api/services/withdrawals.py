"""Withdraw facts that turned out not to have happened, such as a purchase that was never paid."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from community.api.models import EventKey, WaitingEvent, inbound_event_id
from community.events.services.recording import retract

from . import stored_facts


@transaction.atomic
def withdraw(source: str, source_event_ids: Iterable[str], *, dry_run: bool) -> list[str]:
    """Retract the events of these facts and delete those that wait; idempotent. Return the ids of both.

    If the system sends them again, they count again. With `dry_run`, only return the ids.
    """
    keys = {inbound_event_id(source, one): one for one in source_event_ids}
    found = stored_facts.find(keys, lock=not dry_run)
    counting = {
        key: one
        for key, one in found.items()
        if one.waiting or (one.event and one.event.retracted_at is None)
    }
    if not dry_run:
        retract([one.event for one in counting.values() if one.event], reason=stored_facts.WITHDRAWN)
        waiting = {key: one.waiting.pk for key, one in counting.items() if one.waiting}
        WaitingEvent.objects.filter(pk__in=waiting.values()).delete()
        EventKey.objects.filter(event_id__in=waiting).delete()
    return [keys[key] for key in counting]
