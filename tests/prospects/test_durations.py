import pytest

from community.prospects import durations


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (59, "59 min"), (60, "1 h"), (200, "3 h 20 min"), (1440, "1 d"), (3120, "2 d 4 h")],
)
def test_short(minutes, words):
    assert durations.short(minutes) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1, "1 minute"),
        (45, "45 minutes"),
        (60, "1 hour"),
        (90, "90 minutes"),
        (240, "4 hours"),
        (250, "5 hours"),
        (2880, "2 days"),
    ],
)
def test_in_words_rounds_up(minutes, words):
    assert durations.in_words(minutes) == words
