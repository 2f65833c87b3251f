"""Display labels of stages, rules, risks and companions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from .engine import activity, stages

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

STAGE_MEANS: Final[Mapping[str, StrOrPromise]] = {
    stages.DISCOVERY: _("Knows about us."),
    stages.ENGAGEMENT: _("Takes part or shows interest."),
    stages.CONVERSION: _("Bought recently and is getting started."),
    stages.RELATIONSHIP: _("Established customer."),
}
# The same, addressed to the member.
STAGE_FOR_YOU: Final[Mapping[str, StrOrPromise]] = {
    stages.DISCOVERY: _("You are getting to know the community."),
    stages.ENGAGEMENT: _("You take part in discussions and compare products."),
    stages.CONVERSION: _("You recently became a customer. Ask here if you have questions."),
    stages.RELATIONSHIP: _("You are a customer and an active part of this community."),
}
RISKS: Final[Mapping[str, StrOrPromise]] = {
    activity.DETRACTOR: _("Would not recommend us"),
    activity.PAYMENT: _("A payment failed"),
    activity.TICKET: _("A severe support ticket is open"),
    activity.HALVED: _("Activity is down by half compared with the previous three months"),
}
RISKS_FOR_YOU: Final[Mapping[str, StrOrPromise]] = {
    activity.DETRACTOR: _("You told us that you would not recommend us."),
    activity.PAYMENT: _("One of your payments failed."),
    activity.TICKET: _("You have an open support ticket with high severity."),
    activity.HALVED: _("You have been less active than in previous months."),
}
RULES: Final[Mapping[str, tuple[StrOrPromise, StrOrPromise]]] = {
    "D1": (_("Discovery"), _("The first touchpoint of any kind.")),
    "E1": (_("Engagement, exploring"), _("The first contribution: a topic, a question or a reply.")),
    "E2": (_("Engagement, exploring"), _("At least {points:g} interest points within {days} days.")),
    "E3": (
        _("Engagement, evaluating"),
        _(
            "A question in a prospect forum, a demo, a trial or an open opportunity; or prices, comparisons or "
            "reviews read {reads_needed} times within {reads_days} days."
        ),
    ),
    "C1": (
        _("Conversion"),
        _("A purchase or subscription with an amount above zero that is not a test and is still valid."),
    ),
    "R1": (_("Relationship, adoption"), _("Onboarding completed.")),
    "R2": (_("Relationship, adoption"), _("Active on {active_days} days after the purchase.")),
    "R3": (_("Relationship, adoption"), _("{days} days since a purchase that was not refunded.")),
    "R4": (
        _("Facet: retention"),
        _("A renewal, or {days} days as a customer and active in the last {active_within}."),
    ),
    "R5": (_("Facet: expansion"), _("An upgrade, more seats or a second product.")),
    "R6": (
        _("Facet: advocacy"),
        _(
            "An advocacy score of 40 with at least 5 points each from 2 kinds of contribution. Ends below a score of 30."
        ),
    ),
    "L1": (
        _("Back to discovery, dormant"),
        _("No activity for {days} days. An event on the last day still counts."),
    ),
    "L2": (
        _("Back to engagement, win back"),
        _("Cancelled, fully refunded, or not renewed within the grace period of {grace_days} days."),
    ),
    "A1": (
        _("Flag: at risk"),
        _(
            "Any two of these: a detractor's answer within {detractor_days} days, a failed payment within "
            "{payment_days} days, an open ticket of severity {severity}, activity down by half."
        ),
    ),
}
# What companions did, by what the reports call it.
COMPANIONS: Final[Mapping[str, StrOrPromise]] = {
    "found an answer helpful": _("found an answer helpful"),
    "voted for a question": _("voted for a question"),
    "liked a post": _("liked a post"),
    "mentioned them": _("mentioned them"),
    "invited them": _("invited them"),
    "answered": _("answered"),
    "solved a question": _("solved a question"),
    "answered in a prospect forum": _("answered in a prospect forum"),
    "answered in a prospect forum as a peer": _("answered in a prospect forum as a customer"),
}
# The same to the member. Votes and likes are missing: they are the voters' own business.
COMPANIONS_FOR_YOU: Final[Mapping[str, StrOrPromise]] = {
    "mentioned them": _("mentioned you"),
    "invited them": _("invited you"),
    "answered": _("answered you"),
    "solved a question": _("solved one of your questions"),
    "answered in a prospect forum": _("answered you in a prospect forum"),
    "answered in a prospect forum as a peer": _("answered you in a prospect forum as a customer"),
}
