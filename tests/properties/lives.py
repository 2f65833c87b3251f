"""Hypothesis strategies for members' events."""

from __future__ import annotations

from uuid import UUID, uuid5

from hypothesis import strategies as st

from journeys.engine.facts import Override, RawEvent, Span
from journeys.engine.stages import STAGES
from tests.journeys.stories import on

HORIZON = 700
QUIET = (
    "visit.day",
    "topic.viewed",
    "pricing.viewed",
    "comparison.viewed",
    "review.read",
    "call.logged",
    "member.registered",
    "reply.created",
    "question.asked",
    "demo.requested",
    "trial.started",
    "helpful_vote.received",
    "answer.accepted",
    "idea.shipped",
    "nps.answered",
    "onboarding.completed",
    "badge.earned",
)
COMMERCIAL = (
    "purchase.completed",
    "purchase.refunded",
    "subscription.started",
    "subscription.renewed",
    "subscription.upgraded",
    "subscription.cancelled",
    "subscription.lapsed",
    "payment.failed",
)

# Gaps between days: short, long, and exactly at the thresholds of the rules.
days = st.one_of(
    st.integers(0, 60),
    st.integers(0, HORIZON),
    st.builds(
        lambda base, edge: base + edge,
        st.integers(0, 40),
        st.sampled_from([13, 14, 29, 30, 90, 179, 180, 181]),
    ),
)


@st.composite
def events(draw, on_days=days) -> RawEvent:
    """An event with an id derived from its content, so that equal events have equal ids."""
    name = draw(st.one_of(st.sampled_from(QUIET), st.sampled_from(COMMERCIAL)))
    day, nth, props, cents = draw(on_days), draw(st.integers(0, 3)), {}, None
    if name in COMMERCIAL:
        props = {"external_id": draw(st.sampled_from(["a", "b"]))}
        cents = draw(st.sampled_from([4900, 4900, 4900, 1000, 0]))
        if name == "purchase.completed":
            props |= draw(
                st.sampled_from([{}, {}, {"test": True}, {"products": ["mill"]}, {"products": ["press"]}])
            )
        if name == "purchase.refunded":
            props["full"] = draw(st.booleans())
        if name.startswith("subscription"):
            props |= draw(st.sampled_from([{}, {"seats": 2}, {"seats": 5}]))
    if name == "nps.answered":
        props = {"score": draw(st.integers(0, 10))}
    event_id = uuid5(UUID(int=9), f"{name}:{day}:{nth}:{sorted(props.items())}:{cents}")
    return RawEvent(event_id, 1, on(day), nth, name, None, cents, "EUR" if cents else "", props)


@st.composite
def lives_on_few_days(draw) -> list[RawEvent]:
    """Events that cluster on the same or consecutive days."""
    pool = draw(st.lists(days, min_size=1, max_size=6))
    some = st.builds(lambda day, more: day + more, st.sampled_from(pool), st.sampled_from([0, 0, 0, 1, 30]))
    return draw(st.lists(events(some), min_size=1, max_size=20, unique_by=lambda event: event.event_id))


scattered = st.lists(events(), min_size=1, max_size=30, unique_by=lambda event: event.event_id)
lives = st.one_of(scattered, lives_on_few_days())
as_of_days = st.integers(0, HORIZON + 300)


@st.composite
def overrides(draw) -> Override:
    start = draw(st.integers(0, HORIZON))
    return Override(
        draw(st.sampled_from(STAGES)),
        draw(st.sampled_from(["pin", "floor"])),
        on(start),
        on(start + draw(st.integers(1, 180))),
    )


@st.composite
def span_lists(draw) -> list[Span]:
    """Disjoint spans with evidence from before their start."""
    edges = sorted(draw(st.lists(st.integers(0, HORIZON), max_size=4, unique=True)))
    pairs = zip(edges[::2], [*edges[1::2], None], strict=False)
    return [Span(on(start), None if end is None else on(end), (UUID(int=start + 1),)) for start, end in pairs]
