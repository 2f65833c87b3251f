"""Display labels of the score: components, bands and acts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from .engine import caps, weights

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise, StrPromise


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
    weights.NONE: _("Everyone starts here. Help others to raise your score."),
    weights.EMERGING: _("You have started to help others."),
    weights.PROMISING: _("You help others regularly, in several ways."),
    weights.ADVOCATE: _("You support this community, and others rely on you."),
    weights.CHAMPION: _("You are one of the most helpful members here."),
}

# One act of a kind, and several: "reply", "3 replies".
ACTS: Final[Mapping[str, StrOrPromise]] = {
    "reply.created": _("reply"),
    "answer.accepted": _("accepted answer"),
    "helpful_vote.received": _("vote on an answer"),
    "prospect.peer_replied": _("reply to a prospective customer"),
    "moderation.helped": _("upheld flag"),
    "mentee.helped": _("newcomer helped"),
    "referral.registered": _("friend who joined"),
    "referral.qualified": _("friend who showed interest"),
    "referral.purchased": _("friend who bought"),
    "review.verified": _("verified review"),
    "reference.completed": _("reference"),
    "case_study.published": _("case study"),
    "testimonial.approved": _("testimonial"),
    "article.published": _("article"),
    "story.shared": _("story"),
    "talk.given": _("talk"),
    "idea.shipped": _("shipped idea"),
    "idea.submitted": _("idea"),
    "beta.participated": _("beta"),
    "advisory.attended": _("advisory board"),
    "nps.answered": _("recommendation"),
    "topic.created": _("topic"),
}
COUNTED: Final[Mapping[str, StrPromise]] = {
    "reply.created": ngettext_lazy("%(n)d reply", "%(n)d replies", "n"),
    "answer.accepted": ngettext_lazy("%(n)d accepted answer", "%(n)d accepted answers", "n"),
    "helpful_vote.received": ngettext_lazy("%(n)d vote on an answer", "%(n)d votes on answers", "n"),
    "prospect.peer_replied": ngettext_lazy(
        "%(n)d reply to a prospective customer", "%(n)d replies to prospective customers", "n"
    ),
    "moderation.helped": ngettext_lazy("%(n)d upheld flag", "%(n)d upheld flags", "n"),
    "mentee.helped": ngettext_lazy("%(n)d newcomer helped", "%(n)d newcomers helped", "n"),
    "referral.registered": ngettext_lazy("%(n)d friend who joined", "%(n)d friends who joined", "n"),
    "referral.qualified": ngettext_lazy(
        "%(n)d friend who showed interest", "%(n)d friends who showed interest", "n"
    ),
    "referral.purchased": ngettext_lazy("%(n)d friend who bought", "%(n)d friends who bought", "n"),
    "review.verified": ngettext_lazy("%(n)d verified review", "%(n)d verified reviews", "n"),
    "reference.completed": ngettext_lazy("%(n)d reference", "%(n)d references", "n"),
    "case_study.published": ngettext_lazy("%(n)d case study", "%(n)d case studies", "n"),
    "testimonial.approved": ngettext_lazy("%(n)d testimonial", "%(n)d testimonials", "n"),
    "article.published": ngettext_lazy("%(n)d article", "%(n)d articles", "n"),
    "story.shared": ngettext_lazy("%(n)d story", "%(n)d stories", "n"),
    "talk.given": ngettext_lazy("%(n)d talk", "%(n)d talks", "n"),
    "idea.shipped": ngettext_lazy("%(n)d shipped idea", "%(n)d shipped ideas", "n"),
    "idea.submitted": ngettext_lazy("%(n)d idea", "%(n)d ideas", "n"),
    "beta.participated": ngettext_lazy("%(n)d beta", "%(n)d betas", "n"),
    "advisory.attended": ngettext_lazy("%(n)d advisory board", "%(n)d advisory boards", "n"),
    "nps.answered": ngettext_lazy("%(n)d recommendation", "%(n)d recommendations", "n"),
    "topic.created": ngettext_lazy("%(n)d topic", "%(n)d topics", "n"),
}

LEFT_OUT: Final[Mapping[str, StrOrPromise]] = {
    caps.SELF: _("activity on your own posts does not count"),
    caps.STAFF: _("votes by the team do not count"),
    caps.ACCOUNT: _("referrals within your own company do not count"),
    caps.PAIR: _("only the latest three per person and quarter count"),
    caps.DAY: _("there is a daily limit of %(limit)d"),
}


class Suggestion(NamedTuple):
    text: StrOrPromise
    address: str
    category: str = ""  # the kind of category that it needs


# What a member can do here, now. NPS answers are not among them: an answer that was asked for is worthless.
SUGGESTED: Final[Mapping[str, Suggestion]] = {
    "answer.accepted": Suggestion(_("Answer a question so well that it is accepted"), "/unanswered/"),
    "reply.created": Suggestion(_("Reply to someone"), "/latest/"),
    "article.published": Suggestion(_("Write an article"), "/new/?kind=article", "articles"),
    "idea.submitted": Suggestion(_("Suggest an idea"), "/new/?kind=idea", "ideas"),
    "topic.created": Suggestion(_("Start a topic"), "/new/"),
}


def is_shown(points: Decimal | str) -> bool:
    """Return whether the points are other than 0.0 with one decimal."""
    return abs(Decimal(points)) >= Decimal("0.05")


def acts(kind: str, n: int) -> str:
    """Return "3 replies" or "1 reply"."""
    return str(COUNTED[kind] % {"n": n})


def left_out(kind: str, why: str, n: int) -> str:
    """Return the sentence that says why `n` acts of a kind do not count."""
    reason = str(LEFT_OUT[why]) % {"limit": weights.KINDS[kind].a_day}
    sentence = ngettext("%(acts)s is not counted: %(why)s.", "%(acts)s are not counted: %(why)s.", n)
    return sentence % {"acts": acts(kind, n), "why": reason}
