"""The four stages, their sub-stages and the allowed transitions."""

from __future__ import annotations

from collections.abc import Collection

DISCOVERY = "discovery"
ENGAGEMENT = "engagement"
CONVERSION = "conversion"
RELATIONSHIP = "relationship"
STAGES = (DISCOVERY, ENGAGEMENT, CONVERSION, RELATIONSHIP)
CUSTOMER = frozenset({CONVERSION, RELATIONSHIP})

START = ""

ALLOWED = frozenset(
    {
        (START, DISCOVERY),
        (START, ENGAGEMENT),
        (START, CONVERSION),  # bought before joining
        (DISCOVERY, ENGAGEMENT),
        (DISCOVERY, CONVERSION),
        (ENGAGEMENT, CONVERSION),
        (ENGAGEMENT, DISCOVERY),  # inactive
        (CONVERSION, RELATIONSHIP),
        (CONVERSION, ENGAGEMENT),  # refunded or cancelled early
        (RELATIONSHIP, ENGAGEMENT),  # cancelled or not renewed
    }
)

ANONYMOUS, REGISTERED, DORMANT = "anonymous", "registered", "dormant"
EXPLORING, EVALUATING, WIN_BACK = "exploring", "evaluating", "win_back"
FIRST_PURCHASE, REPURCHASE = "first_purchase", "repurchase"
ADOPTION, RETENTION, EXPANSION, ADVOCACY = "adoption", "retention", "expansion", "advocacy"

FACETS = (ADOPTION, RETENTION, EXPANSION, ADVOCACY)  # lowest first
SUB_STAGES = {
    DISCOVERY: (ANONYMOUS, REGISTERED, DORMANT),
    ENGAGEMENT: (EXPLORING, EVALUATING, WIN_BACK),
    CONVERSION: (FIRST_PURCHASE, REPURCHASE),
    RELATIONSHIP: FACETS,
}


def may_follow(prev: str, stage: str) -> bool:
    """Whether the transition is allowed; staying in a stage always is."""
    return prev == stage or (prev, stage) in ALLOWED


def highest(facets: Collection[str]) -> str:
    """Return the facet shown as the sub-stage: advocacy > expansion > retention > adoption."""
    return next(facet for facet in reversed(FACETS) if facet in facets)


def ordered(facets: Collection[str]) -> tuple[str, ...]:
    return tuple(facet for facet in FACETS if facet in facets)


def floored(stage: str, floor: str) -> str:
    """Return the later of two stages."""
    return max(stage, floor, key=STAGES.index)
