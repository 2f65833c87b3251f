import pytest

from advocacy import labels
from advocacy.engine.caps import ACCOUNT, DAY, PAIR, SELF, STAFF
from advocacy.engine.weights import BANDS, COMPONENTS, KINDS
from advocacy.models import Band
from advocacy.segments import MEANS, segments_of
from advocacy.views import SUGGESTIONS


def points(**given):
    return {**dict.fromkeys(COMPONENTS, "0.00"), **given}


def test_every_kind_has_labels():
    assert set(labels.ACTS) == set(labels.COUNTED) == set(KINDS)
    assert set(labels.COMPONENTS) == set(COMPONENTS)
    assert set(labels.BAND_MEANS) == set(BANDS) == set(Band.values)
    assert set(labels.LEFT_OUT) == {SELF, STAFF, ACCOUNT, PAIR, DAY}


def test_recommendations_are_never_suggested():
    assert "nps.answered" not in labels.SUGGESTED
    assert len(labels.SUGGESTED) >= SUGGESTIONS


def test_acts_are_counted_in_words():
    assert labels.acts("reply.created", 1) == "1 reply"
    assert labels.acts("reply.created", 3) == "3 replies"


@pytest.mark.parametrize(
    ("why", "n", "said"),
    [
        (SELF, 1, "1 reply is not counted: activity on your own posts does not count."),
        (
            PAIR,
            2,
            "2 replies are not counted: only the latest three per person and quarter count.",
        ),
        (DAY, 4, "4 replies are not counted: there is a daily limit of 10."),
    ],
)
def test_left_out_gives_the_reason(why, n, said):
    assert labels.left_out("reply.created", why, n) == said


def test_bands_know_their_floor():
    assert [band.floor for band in Band] == [0, 10, 25, 40, 65]


# Segments


def test_segments_follow_from_the_components():
    assert segments_of("advocate", points(helpfulness="20.00"), at_risk=False) == ["helper"]
    assert segments_of("advocate", points(referral="10.00", content="9.00"), at_risk=False) == [
        "voice",
        "connector",
    ]
    assert segments_of("promising", points(proof="15.00"), at_risk=False) == ["reference"]


def test_low_shares_give_no_segment():
    assert segments_of("none", points(helpfulness="3.00"), at_risk=False) == []


def test_quiet_promoter_has_sentiment_only():
    assert segments_of("none", points(sentiment="5.00"), at_risk=False) == ["quiet promoter"]
    assert segments_of("none", points(sentiment="5.00", presence="1.00"), at_risk=False) == ["quiet promoter"]
    assert segments_of("none", points(sentiment="5.00", helpfulness="1.00"), at_risk=False) == []
    assert segments_of("none", points(sentiment="-5.00"), at_risk=False) == []


def test_advocate_at_risk_is_marked_and_nobody_else():
    assert segments_of("champion", points(), at_risk=True) == ["at-risk advocate"]
    assert segments_of("promising", points(), at_risk=True) == []


def test_every_segment_is_explained():
    assert {"helper", "connector", "voice", "reference", "quiet promoter", "at-risk advocate"} == set(MEANS)
