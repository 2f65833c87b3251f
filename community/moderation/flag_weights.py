"""The weight of a flag.

A flag weighs 1, plus the flagger's trust level (0–4, staff 5), plus a bonus for the accuracy of their earlier
flags, plus 2 for illegal content, plus 5 if a moderator chose “take action”.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from community.members.models import Member

from .models import Flag, Reason
from .trust import trust_level

BASE = Decimal(1)
TAKE_ACTION = Decimal(5)
URGENCY = {Reason.ILLEGAL: Decimal(2)}
# Up to this many decided flags, accuracy does not count.
FLAGS_BEFORE_ACCURACY = 5
EXPECTED_SHARE = 0.7


@dataclass(frozen=True)
class Weight:
    base: Decimal
    trust: Decimal
    accuracy: Decimal
    urgency: Decimal
    take_action: Decimal

    @property
    def total(self) -> Decimal:
        """The sum of the parts, at least 0: a flag never counts in favour of a post."""
        parts = self.base + self.trust + self.accuracy + self.urgency + self.take_action
        return max(parts, Decimal(0))


def accuracy_bonus(*, upheld: int, declined: int) -> Decimal:
    """Return the bonus for the accuracy of earlier flags, rounded to two decimals; may be negative.

    It is 0 up to 5 decided flags. Beyond that, it is the distance of the upheld share from 70 %, as a fraction
    of the distance from 70 % to 100 % (or to 0 % below it), times log base 4 of the number of decided flags.
    """
    decided = upheld + declined
    if decided <= FLAGS_BEFORE_ACCURACY:
        return Decimal(0)
    share = upheld / decided
    room = 1 - EXPECTED_SHARE if share >= EXPECTED_SHARE else EXPECTED_SHARE
    distance = (share - EXPECTED_SHARE) / room
    return Decimal(str(round(distance * math.log(decided, 4), 2)))


def weigh(member: Member, *, reason: str, take_action: bool = False) -> Weight:
    """Return the weight of a new flag by this member."""
    decided = Flag.objects.filter(member=member)
    return Weight(
        base=BASE,
        trust=Decimal(trust_level(member)),
        accuracy=accuracy_bonus(
            upheld=decided.filter(status=Flag.Status.UPHELD).count(),
            declined=decided.filter(status=Flag.Status.DECLINED).count(),
        ),
        urgency=URGENCY.get(Reason(reason), Decimal(0)),
        take_action=TAKE_ACTION if take_action else Decimal(0),
    )
