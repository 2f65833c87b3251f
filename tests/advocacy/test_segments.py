"""Advocate segments, at every boundary."""

import pytest

from advocacy.engine import weights
from advocacy.models import Band
from advocacy.segments import (
    AT_RISK,
    CONNECTOR,
    HELPER,
    MEANS,
    QUIET_PROMOTER,
    REFERENCE,
    VOICE,
    segments_of,
)

NOTHING = dict.fromkeys(weights.COMPONENTS, "0")
KINDS = {
    weights.HELPFULNESS: HELPER,
    weights.REFERRAL: CONNECTOR,
    weights.CONTENT: VOICE,
    weights.PROOF: REFERENCE,
}


def points(**given):
    return {**NOTHING, **{key: str(value) for key, value in given.items()}}


def segments(given, *, band=Band.EMERGING, at_risk=False):
    return segments_of(band, given, at_risk=at_risk)


def test_no_points_give_no_segment():
    assert segments(NOTHING) == []


@pytest.mark.parametrize("key", KINDS)
@pytest.mark.parametrize(("share", "tells"), [(0.29, False), (0.3, True), (1.0, True)])
def test_a_component_counts_from_30_per_cent_of_its_maximum(key, share, tells):
    most = weights.COMPONENTS[key].most

    assert segments(points(**{key: round(most * share, 4)})) == ([KINDS[key]] if tells else [])


@pytest.mark.parametrize("key", sorted(set(weights.COMPONENTS) - set(KINDS)))
def test_other_components_have_no_segment(key):
    found = segments(points(**{key: weights.COMPONENTS[key].most}))

    assert not set(found) & set(KINDS.values())


def test_segments_are_sorted_by_share():
    given = {
        key: weights.COMPONENTS[key].most * share
        for key, share in zip(KINDS, (0.4, 0.9, 0.3, 0.6), strict=True)
    }

    assert segments(points(**given)) == [CONNECTOR, REFERENCE, HELPER, VOICE]


@pytest.mark.parametrize(
    ("given", "quiet"),
    [
        ({weights.SENTIMENT: 3}, True),
        ({weights.SENTIMENT: 3, weights.PRESENCE: 2}, True),
        ({weights.SENTIMENT: 3, weights.HELPFULNESS: "0.01"}, False),
        ({weights.SENTIMENT: -3}, False),
        ({weights.SENTIMENT: 0}, False),
    ],
)
def test_a_quiet_promoter_has_no_contributions(given, quiet):
    assert (QUIET_PROMOTER in segments(points(**given))) is quiet


@pytest.mark.parametrize("band", Band.values)
@pytest.mark.parametrize("at_risk", [True, False])
def test_at_risk_needs_an_advocate_with_risk_signals(band, at_risk):
    found = segments(NOTHING, band=band, at_risk=at_risk)

    assert (AT_RISK in found) is (at_risk and band in (Band.ADVOCATE, Band.CHAMPION))


def test_every_segment_has_texts():
    assert set(MEANS) == {*KINDS.values(), QUIET_PROMOTER, AT_RISK}
    assert all(said.endswith(".") for said in MEANS.values())
