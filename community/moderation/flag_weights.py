"""What a flag weighs. Source of the figures: COMMUNITY.md row 64.

A flag counts 1, plus the trust in the one who raised it (0–4, staff 5), plus what their earlier flags were
worth, plus 2 when it says that a post breaks the law, plus 5 when a moderator says “take action”.
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
# Fewer decided flags than this say nothing yet about the person's eye.
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
        """Never below 0: no flag speaks for a post."""
        parts = self.base + self.trust + self.accuracy + self.urgency + self.take_action
        return max(parts, Decimal(0))


def accuracy_bonus(*, upheld: int, declined: int) -> Decimal:
    """Return what earlier flags are worth, in two decimals.

    Nothing up to 5 decided flags. Beyond, the distance of the upheld share from 70 %, as a part of the way
    to 100 % (or, below it, to 0 %), times the logarithm to base 4 of how many were decided.
    """
    decided = upheld + declined
    if decided <= FLAGS_BEFORE_ACCURACY:
        return Decimal(0)
    share = upheld / decided
    room = 1 - EXPECTED_SHARE if share >= EXPECTED_SHARE else EXPECTED_SHARE
    distance = (share - EXPECTED_SHARE) / room
    return Decimal(str(round(distance * math.log(decided, 4), 2)))


def weigh(member: Member, *, reason: str, take_action: bool = False) -> Weight:
    """Return the weight of a flag that this member raises now."""
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
