"""What the demo is written down as: it could have happened, and it breaks no rule of the house."""

from collections import Counter
from datetime import timedelta

import pytest

from community.core.markdown import render
from community.forum.models import Category, Topic
from community.forum.services import tags
from community.members import names
from community.members.models import Member
from community.moderation.models import Reason
from community.runtime.demo import script
from community.runtime.demo.people import CONTENT, load

PEOPLE = {row["username"]: row for row in load("people.toml")["member"]}
COMPANIES = {row["slug"]: row for row in load("people.toml")["company"]}
PLACES = load("community.toml")["category"]
TALKS = [talk for place in PLACES for talk in script.read(CONTENT / place["file"])]
by_title = pytest.mark.parametrize("talk", TALKS, ids=[talk.title[:40] for talk in TALKS])


def test_everybody_has_a_name_that_may_be_had():
    for username, row in PEOPLE.items():
        assert names.clean_username(username) == username
        assert names.clean_display_name(row["name"]) == row["name"]


def test_nobody_is_there_twice():
    emails = [row["email"] for row in PEOPLE.values() if "email" in row]

    assert len(PEOPLE) == len(load("people.toml")["member"])
    assert len(set(emails)) == len(emails)


def test_nobody_has_an_address_that_could_be_somebodys():
    """example.com and its kind are kept free for this (RFC 2606)."""
    domains = {row["email"].rpartition("@")[2] for row in PEOPLE.values() if "email" in row}
    domains |= {row["domain"] for row in COMPANIES.values()}

    assert all(domain.rpartition(".")[2] in ("example", "test", "invalid") for domain in domains)


def test_nobody_looks_like_somebody_of_the_team():
    team = {names.skeleton(row["name"]) for row in PEOPLE.values() if row.get("role")}
    others = {names.skeleton(row["name"]) for row in PEOPLE.values() if not row.get("role")}

    assert not team & others


def test_everybody_is_of_a_company_and_a_role_there_is():
    assert {row["company"] for row in PEOPLE.values() if "company" in row} <= set(COMPANIES)
    assert {row["role"] for row in PEOPLE.values() if "role" in row} <= set(Member.Role.values)


def test_places_are_of_kinds_there_are_and_are_there_once():
    assert {place["kind"] for place in PLACES} <= set(Category.Kind.values)
    assert len({place["slug"] for place in PLACES}) == len(PLACES)


@by_title
def test_a_topic_is_of_a_kind_there_is_with_tags_as_they_are_written_here(talk):
    assert talk.kind in Topic.Kind.values
    assert len(talk.tags) <= tags.MAX_TAGS
    assert [tags.normalize(tag) for tag in talk.tags] == talk.tags
    assert len(talk.title) <= 255


@by_title
def test_nobody_speaks_before_they_joined(talk):
    spoken = timedelta(days=talk.days_ago)
    speakers = [(talk.author, spoken)]
    for line in talk.replies:
        spoken -= line.after
        speakers.append((line.author, spoken))

    early = [who for who, ago in speakers if ago > timedelta(days=PEOPLE[who]["joined"])]

    assert early == []


@by_title
def test_a_question_has_one_accepted_answer_at_most_and_nothing_else_has_any(talk):
    accepted = [line for line in talk.replies if "accepted" in line.marks]

    assert len(accepted) <= (1 if talk.kind == "question" else 0)


@by_title
def test_what_is_official_was_said_by_the_team(talk):
    said = [PEOPLE[line.author].get("role") for line in talk.replies if "official" in line.marks]

    assert all(said)


@by_title
def test_flags_have_a_reason_there_is_and_are_not_for_ones_own_words(talk):
    for line in talk.replies:
        if line.flag:
            assert line.flag in Reason.values
            assert line.author not in line.flaggers
            assert len(set(line.flaggers)) == len(line.flaggers) > 0


@by_title
def test_words_become_a_page_without_anything_that_acts(talk):
    for line in [talk, *talk.replies]:
        html = render(line.source).html

        assert html.strip()
        assert "<script" not in html


@by_title
def test_mentions_are_of_people_there_are(talk):
    for line in [talk, *talk.replies]:
        found = render(line.source, mentions=lambda wanted: dict.fromkeys(wanted, "#")).mentions

        assert set(found) <= set(PEOPLE)


def test_titles_are_there_once():
    again = [title for title, times in Counter(talk.title for talk in TALKS).items() if times > 1]

    assert again == []
