from datetime import datetime
from typing import Any

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from community.badges.models import Award, Badge
from community.events.catalogue import EventName
from community.events.services.recording import record
from community.members.models import Member

from .members import MemberFactory


class BadgeFactory(DjangoModelFactory[Badge]):
    """A custom badge, in addition to the shipped ones."""

    class Meta:
        model = Badge

    slug = factory.Sequence(lambda n: f"badge-{n}")
    name = factory.Sequence(lambda n: f"Badge {n}")
    sentence = "You did the thing."
    rule = {"by": "hand"}
    position = 1000


class AwardFactory(DjangoModelFactory[Award]):
    class Meta:
        model = Award

    badge = factory.SubFactory(BadgeFactory)
    member = factory.SubFactory(MemberFactory)


def happen(
    name: EventName, member: Member, *, times: int = 1, at: datetime | None = None, **payload: Any
) -> None:
    """Record events of the member; the subject is the member, unless `subject` is given."""
    subject = payload.pop("subject", member)
    counterpart = payload.pop("counterpart", None)
    for number in range(times):
        with transaction.atomic():
            record(
                name,
                actor=member,
                subject=subject,
                counterpart=counterpart,
                occurred_at=at,
                key=f"{number}-{at}-{counterpart}",
                **payload,
            )
