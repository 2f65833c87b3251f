"""The score in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from .engine import counting, weights
from .models import Band


class ComponentWords(NamedTuple):
    name: str
    icon: str
    means: str  # to the member: what counts


COMPONENTS: Final[Mapping[str, ComponentWords]] = {
    weights.HELPFULNESS: ComponentWords(
        "Helpfulness", "hand-heart", "Answers and replies, votes they get, and help for newcomers."
    ),
    weights.REFERRAL: ComponentWords(
        "Referrals", "send", "People you brought along who joined, took a closer look, or bought."
    ),
    weights.PROOF: ComponentWords(
        "Proof", "badge-check", "Verified reviews, references, case studies and testimonials."
    ),
    weights.CONTENT: ComponentWords(
        "Content", "article", "Articles, stories, talks and ideas, and taking part in betas."
    ),
    weights.SENTIMENT: ComponentWords(
        "Sentiment", "heart", "What you say when asked whether you would recommend us."
    ),
    weights.PRESENCE: ComponentWords("Presence", "messages-square", "Topics you start, over time."),
}

BAND_MEANS: Final[Mapping[str, str]] = {
    Band.NONE: "The beginning. What you do for others from here on counts.",
    Band.EMERGING: "People are starting to notice that you help.",
    Band.PROMISING: "You help in more ways than most, and it shows.",
    Band.ADVOCATE: "You speak and stand up for this community, and others rely on it.",
    Band.CHAMPION: "Few do as much for others here as you do.",
}

ACTS: Final[Mapping[str, tuple[str, str]]] = {
    "reply.created": ("reply", "replies"),
    "answer.accepted": ("accepted answer", "accepted answers"),
    "helpful_vote.received": ("vote on an answer", "votes on answers"),
    "prospect.peer_replied": ("reply to somebody undecided", "replies to people undecided"),
    "moderation.helped": ("upheld flag", "upheld flags"),
    "mentee.helped": ("newcomer helped", "newcomers helped"),
    "referral.registered": ("friend who joined", "friends who joined"),
    "referral.qualified": ("friend who took a closer look", "friends who took a closer look"),
    "referral.purchased": ("friend who bought", "friends who bought"),
    "review.verified": ("verified review", "verified reviews"),
    "reference.completed": ("reference", "references"),
    "case_study.published": ("case study", "case studies"),
    "testimonial.approved": ("testimonial", "testimonials"),
    "article.published": ("article", "articles"),
    "story.shared": ("story", "stories"),
    "talk.given": ("talk", "talks"),
    "idea.shipped": ("idea that was shipped", "ideas that were shipped"),
    "idea.submitted": ("idea", "ideas"),
    "beta.participated": ("beta", "betas"),
    "advisory.attended": ("advisory board", "advisory boards"),
    "nps.answered": ("recommendation", "recommendations"),
    "topic.created": ("topic", "topics"),
}

LEFT_OUT: Final[Mapping[str, str]] = {
    counting.SELF: "what people do for themselves does not count",
    counting.STAFF: "votes by the team do not count",
    counting.ACCOUNT: "referrals within one company do not count",
    counting.PAIR: "of each kind, three from the same person count in a quarter: the latest",
    counting.DAY: "only so many of a kind count on one day",
}

# What a member can do today, the most valuable kinds that are theirs to do. Recommendations are never among
# them: asking for one would make it worth nothing.
SUGGESTED: Final[tuple[str, ...]] = (
    "answer.accepted", "reply.created", "review.verified", "referral.registered", "story.shared",
    "idea.submitted", "topic.created", "mentee.helped",
)  # fmt: skip


def acts(kind: str, n: int) -> str:
    """Return "3 replies" or "1 reply"."""
    one, many = ACTS[kind]
    return f"{n} {one if n == 1 else many}"


def left_out(kind: str, why: str, n: int) -> str:
    """Return why so many acts of a kind do not count, as a sentence."""
    verb = "is" if n == 1 else "are"
    said = f"{acts(kind, n)} {verb} left out: {LEFT_OUT[why]}"
    if why == counting.DAY:
        said += f", here {weights.KINDS[kind].a_day}"
    return f"{said}."
