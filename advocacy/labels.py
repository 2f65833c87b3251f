"""Display labels of the score: components, bands and acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from django.utils.translation import gettext_lazy as _

from .engine import caps, weights
from .models import Band

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ComponentLabel(NamedTuple):
    name: StrOrPromise
    icon: str
    means: StrOrPromise  # to the member: what counts


COMPONENTS: Final[Mapping[str, ComponentLabel]] = {
    weights.HELPFULNESS: ComponentLabel(
        _("Helpfulness"), "hand-heart", _("Answers and replies, votes they get, and help for newcomers.")
    ),
    weights.REFERRAL: ComponentLabel(
        _("Referrals"), "send", _("People you referred who joined, showed interest or bought.")
    ),
    weights.PROOF: ComponentLabel(
        _("Proof"), "badge-check", _("Verified reviews, references, case studies and testimonials.")
    ),
    weights.CONTENT: ComponentLabel(
        _("Content"), "article", _("Articles, stories, talks and ideas, and taking part in betas.")
    ),
    weights.SENTIMENT: ComponentLabel(
        _("Sentiment"), "heart", _("Your answers when we ask whether you would recommend us.")
    ),
    weights.PRESENCE: ComponentLabel(_("Presence"), "messages-square", _("Topics you start, over time.")),
}

BAND_MEANS: Final[Mapping[str, StrOrPromise]] = {
    Band.NONE: _("Everyone starts here. Help others to raise your score."),
    Band.EMERGING: _("You have started to help others."),
    Band.PROMISING: _("You help others regularly, in several ways."),
    Band.ADVOCATE: _("You support this community, and others rely on you."),
    Band.CHAMPION: _("You are one of the most helpful members here."),
}

ACTS: Final[Mapping[str, tuple[StrOrPromise, StrOrPromise]]] = {
    "reply.created": (_("reply"), _("replies")),
    "answer.accepted": (_("accepted answer"), _("accepted answers")),
    "helpful_vote.received": (_("vote on an answer"), _("votes on answers")),
    "prospect.peer_replied": (_("reply to a prospective customer"), _("replies to prospective customers")),
    "moderation.helped": (_("upheld flag"), _("upheld flags")),
    "mentee.helped": (_("newcomer helped"), _("newcomers helped")),
    "referral.registered": (_("friend who joined"), _("friends who joined")),
    "referral.qualified": (_("friend who showed interest"), _("friends who showed interest")),
    "referral.purchased": (_("friend who bought"), _("friends who bought")),
    "review.verified": (_("verified review"), _("verified reviews")),
    "reference.completed": (_("reference"), _("references")),
    "case_study.published": (_("case study"), _("case studies")),
    "testimonial.approved": (_("testimonial"), _("testimonials")),
    "article.published": (_("article"), _("articles")),
    "story.shared": (_("story"), _("stories")),
    "talk.given": (_("talk"), _("talks")),
    "idea.shipped": (_("shipped idea"), _("shipped ideas")),
    "idea.submitted": (_("idea"), _("ideas")),
    "beta.participated": (_("beta"), _("betas")),
    "advisory.attended": (_("advisory board"), _("advisory boards")),
    "nps.answered": (_("recommendation"), _("recommendations")),
    "topic.created": (_("topic"), _("topics")),
}

LEFT_OUT: Final[Mapping[str, StrOrPromise]] = {
    caps.SELF: _("activity on one's own posts does not count"),
    caps.STAFF: _("votes by the team do not count"),
    caps.ACCOUNT: _("referrals within one company do not count"),
    caps.PAIR: _("only the latest three per person and quarter count"),
    caps.DAY: _("there is a daily limit"),
}

# The most valuable acts that a member can do on their own. NPS answers are not among them: an answer that was
# asked for is worthless.
SUGGESTED: Final[tuple[str, ...]] = (
    "answer.accepted",
    "reply.created",
    "review.verified",
    "referral.registered",
    "story.shared",
    "idea.submitted",
    "topic.created",
    "mentee.helped",
)


def acts(kind: str, n: int) -> str:
    """Return "3 replies" or "1 reply"."""
    one, many = ACTS[kind]
    return f"{n} {one if n == 1 else many}"


def left_out(kind: str, why: str, n: int) -> str:
    """Return the sentence that says why `n` acts of a kind do not count."""
    verb = "is" if n == 1 else "are"
    said = f"{acts(kind, n)} {verb} not counted: {LEFT_OUT[why]}"
    if why == caps.DAY:
        said += f" of {weights.KINDS[kind].a_day}"
    return f"{said}."
