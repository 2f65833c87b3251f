"""Advocate segments: the band combined with the components that the points come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from .engine import weights

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

HELPER, CONNECTOR, VOICE, REFERENCE = "helper", "connector", "voice", "reference"
QUIET_PROMOTER, AT_RISK = "quiet promoter", "at-risk advocate"

NAMES: Final[Mapping[str, StrOrPromise]] = {
    HELPER: _("helper"),
    CONNECTOR: _("connector"),
    VOICE: _("voice"),
    REFERENCE: _("reference"),
    QUIET_PROMOTER: _("quiet promoter"),
    AT_RISK: _("at-risk advocate"),
}
MEANS: Final[Mapping[str, StrOrPromise]] = {
    HELPER: _("Mostly helps others."),
    CONNECTOR: _("Refers other people."),
    VOICE: _("Writes, shares stories and gives talks."),
    REFERENCE: _("Supports us with reviews and references."),
    QUIET_PROMOTER: _("Would recommend us, but has not contributed yet. Ask for a review or a story."),
    AT_RISK: _("An advocate with early signs of risk. Help them before you ask for anything."),
}
_OF_COMPONENT = {
    weights.HELPFULNESS: HELPER,
    weights.REFERRAL: CONNECTOR,
    weights.CONTENT: VOICE,
    weights.PROOF: REFERENCE,
}
# The minimum share of a component's maximum for its segment.
_MIN_SHARE = 0.3
# The kinds that the list of advocates can be filtered by: the component and its minimum number of points.
KINDS: Final[Mapping[str, tuple[str, float]]] = {
    kind: (key, weights.COMPONENTS[key].most * _MIN_SHARE) for key, kind in _OF_COMPONENT.items()
}
_ADVOCATES = frozenset({weights.ADVOCATE, weights.CHAMPION})


def segments_of(band: str, points: Mapping[str, str], *, at_risk: bool) -> list[str]:
    """Return the member's segments, the component with the highest share first."""
    shares = {key: float(points[key]) / weights.COMPONENTS[key].most for key in _OF_COMPONENT}
    strongest = sorted(
        (key for key, share in shares.items() if share >= _MIN_SHARE), key=lambda key: -shares[key]
    )
    found = [_OF_COMPONENT[key] for key in strongest]
    if float(points[weights.SENTIMENT]) > 0 and not any(shares.values()):
        found.append(QUIET_PROMOTER)
    if at_risk and band in _ADVOCATES:
        found.append(AT_RISK)
    return found
