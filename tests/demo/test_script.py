from datetime import timedelta

import pytest

from community.runtime.demo import script
from community.runtime.demo.people import CONTENT, load

TALK = """## Coffee in drops
hannah | 171.5 | question | tags uno, grind | views 1240 | up 9

Second day.

> quoted

--- walter +25m accepted up 14 like 6
The pump is fine.

Two reasons.

--- dealz4u +2d flag spam by hannah,kate
Buy!
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "talk.md"
        path.write_text(text)
        return script.read(path)

    return write


def test_read_takes_a_talk_apart(written):
    (talk,) = written(TALK)

    assert (talk.title, talk.author, talk.days_ago, talk.kind) == (
        "Coffee in drops",
        "hannah",
        171.5,
        "question",
    )
    assert (talk.tags, talk.numbers) == (["uno", "grind"], {"views": 1240, "up": 9})
    assert talk.source == "Second day.\n\n> quoted"


def test_read_takes_its_replies_apart(written):
    answer, advert = written(TALK)[0].replies

    assert (answer.author, answer.after, answer.marks) == ("walter", timedelta(minutes=25), {"accepted"})
    assert (answer.numbers, answer.source) == ({"up": 14, "like": 6}, "The pump is fine.\n\nTwo reasons.")
    assert (advert.after, advert.flag, advert.flaggers) == (timedelta(days=2), "spam", ("hannah", "kate"))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("views 1240", "wiews 1240", "Coffee in drops: unknown option “wiews 1240”."),
        ("+25m", "later", "Invalid reply header: “--- walter later accepted up 14 like 6”."),
    ],
)
def test_read_refuses_what_makes_no_sense(written, old, new, sentence):
    with pytest.raises(ValueError) as refusal:
        written(TALK.replace(old, new))

    assert str(refusal.value) == sentence


def test_the_demo_has_eighty_topics_in_eight_places_and_everybody_in_it_exists():
    places = load("community.toml")["category"]
    talks = [talk for place in places for talk in script.read(CONTENT / place["file"])]
    people = {row["username"] for row in load("people.toml")["member"]}

    speakers = {talk.author for talk in talks} | {line.author for talk in talks for line in talk.replies}
    flaggers = {name for talk in talks for line in talk.replies for name in line.flaggers}

    assert len(places) == 8
    assert len(talks) >= 80
    assert speakers | flaggers <= people


def test_nothing_is_said_twice_and_nothing_after_today():
    places = load("community.toml")["category"]
    talks = [talk for place in places for talk in script.read(CONTENT / place["file"])]
    words = [line.source for talk in talks for line in [talk, *talk.replies]]

    assert len(set(words)) == len(words)
    assert all(words)
    for talk in talks:
        spent = sum((line.after for line in talk.replies), timedelta(0))
        assert spent <= timedelta(days=talk.days_ago), talk.title
