"""The weights of the advocacy score.

A component's points approach its `most` without reaching it; acts with a total weight of `half_at` give half of
it. Weights are in thousandths, so that sums stay integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

HORIZON_HALF_LIVES = 5  # older acts do not count

HELPFULNESS, REFERRAL, PROOF = "helpfulness", "referral", "proof"
CONTENT, SENTIMENT, PRESENCE = "content", "sentiment", "presence"


class Component(NamedTuple):
    most: int
    half_at: int
    half_life: int  # days

    @property
    def horizon(self) -> int:
        """The maximum age in days of an act that counts."""
        return HORIZON_HALF_LIVES * self.half_life


COMPONENTS: Final[Mapping[str, Component]] = {
    HELPFULNESS: Component(most=25, half_at=15, half_life=90),
    REFERRAL: Component(most=25, half_at=20, half_life=180),
    PROOF: Component(most=20, half_at=20, half_life=365),
    CONTENT: Component(most=10, half_at=10, half_life=180),
    SENTIMENT: Component(most=10, half_at=10, half_life=180),
    PRESENCE: Component(most=10, half_at=5, half_life=90),
}


class Kind(NamedTuple):
    component: str
    milli: int  # weight of one act, in thousandths
    a_day: int  # how many count on one day


KINDS: Final[Mapping[str, Kind]] = {
    "reply.created": Kind(HELPFULNESS, 1_000, 10),
    "answer.accepted": Kind(HELPFULNESS, 5_000, 5),
    "helpful_vote.received": Kind(HELPFULNESS, 1_000, 10),
    "prospect.peer_replied": Kind(HELPFULNESS, 1_000, 10),
    "moderation.helped": Kind(HELPFULNESS, 2_000, 5),
    "mentee.helped": Kind(HELPFULNESS, 2_000, 3),
    "referral.registered": Kind(REFERRAL, 2_000, 2),
    "referral.qualified": Kind(REFERRAL, 10_000, 2),
    "referral.purchased": Kind(REFERRAL, 25_000, 2),
    "review.verified": Kind(PROOF, 15_000, 1),
    "reference.completed": Kind(PROOF, 20_000, 1),
    "case_study.published": Kind(PROOF, 20_000, 1),
    "testimonial.approved": Kind(PROOF, 8_000, 1),
    "article.published": Kind(CONTENT, 10_000, 1),
    "story.shared": Kind(CONTENT, 10_000, 1),
    "talk.given": Kind(CONTENT, 10_000, 1),
    "idea.shipped": Kind(CONTENT, 10_000, 1),
    "idea.submitted": Kind(CONTENT, 3_000, 1),
    "beta.participated": Kind(CONTENT, 5_000, 1),
    "advisory.attended": Kind(CONTENT, 5_000, 1),
    "nps.answered": Kind(SENTIMENT, 10_000, 1),
    "topic.created": Kind(PRESENCE, 500, 3),
}

NPS = "nps.answered"
PROMOTER_FROM, DETRACTOR_TO = 9, 6

# Recorded for both members; it counts for the replier only.
PEER_REPLY, HELPER_ROLE = "prospect.peer_replied", "replier"

VOTES = frozenset({"helpful_vote.received"})  # votes by staff do not count
REFERRALS = frozenset(kind for kind, counts in KINDS.items() if counts.component == REFERRAL)
PAIR_MOST = 3  # acts of one kind with the same partner in a quarter

STRIKE, STRIKE_POINTS, STRIKE_DAYS = "strike.upheld", 10, 180

NONE, EMERGING, PROMISING, ADVOCATE, CHAMPION = "none", "emerging", "promising", "advocate", "champion"
BANDS: Final[Mapping[str, int]] = {NONE: 0, EMERGING: 10, PROMISING: 25, ADVOCATE: 40, CHAMPION: 65}

# Rule R6: who is an advocate. The gap between the two thresholds (hysteresis) prevents flapping.
ENTER_AT, LEAVE_BELOW = 40, 30
BROAD_POINTS, BROAD_COMPONENTS = 5, 2
