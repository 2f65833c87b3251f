import pytest

from community.core.permissions import Refused
from community.forum.services import posts
from community.prospects.links import external_links, find_links, has_checkout_link
from community.prospects.models import checkout_words
from community.prospects.screening import screen
from community.prospects.services.claims import claim_question
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.factories.prospects import RosterEntryFactory, a_peer, a_prospect_asks

pytestmark = pytest.mark.django_db


def test_members_are_not_screened():
    question = a_prospect_asks()

    verdict = screen(MemberFactory(), question.topic.category, question.topic, "https://a.example/cart")

    assert not verdict.refuse


def test_staff_are_not_screened_in_other_forums():
    assert not screen(MemberFactory(role="sales"), CategoryFactory(), None, "/checkout").refuse


def test_staff_off_the_roster_are_refused_in_the_topic_too():
    question = a_prospect_asks()

    with pytest.raises(Refused) as refusal:
        posts.create(question.topic, author=MemberFactory(role="support"), source="Hello!")

    assert refusal.value.sentence == (
        "Only the team members listed in this forum can answer here for the company."
    )


def test_the_grace_period_applies_in_the_topic_too():
    a_peer()
    entry = RosterEntryFactory()
    question = a_prospect_asks(entry.forum, minutes_ago=3)

    with pytest.raises(Refused) as refusal:
        posts.create(question.topic, author=entry.member, source="Hello!")

    assert refusal.value.sentence.startswith("Customers answer first")


def test_a_colleagues_claim_applies_in_the_topic_too():
    entry = RosterEntryFactory()
    question = a_prospect_asks(entry.forum)
    claim_question(question, actor=RosterEntryFactory(forum=entry.forum).member)

    with pytest.raises(Refused):
        posts.create(question.topic, author=entry.member, source="Hello!")


def test_moderators_may_always_post():
    a_peer()
    question = a_prospect_asks(minutes_ago=3)

    assert not screen(MemberFactory(role="moderator"), question.topic.category, question.topic, "Hi").refuse


def test_a_first_answer_with_a_checkout_link_is_refused_to_moderators_too():
    question = a_prospect_asks()
    manager = MemberFactory(role="manager")

    assert screen(manager, question.topic.category, question.topic, "https://a.example/cart").refuse


def test_roster_staff_may_start_a_topic():
    entry = RosterEntryFactory()

    assert not screen(entry.member, entry.forum.category, None, "Holiday hours").refuse


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://shop.example.com/checkout", True),
        ("[buy](https://shop.example.com/en/cart?x=1)", True),
        ("[buy](/order/12)", True),
        ("https://checkout.example.com/", True),
        ("www.example.com/add-to-cart", True),
        ("https://example.com/checkouts-explained", False),
        ("Go to the checkout, in words.", False),
        ("https://example.com/in-order-to-learn", False),
        ("", False),
    ],
)
def test_has_checkout_link_checks_the_parts_of_links(source, expected):
    assert has_checkout_link(source, checkout_words()) is expected


def test_external_links_exclude_the_community(settings):
    settings.SITE_URL = "https://community.example.com"
    source = "[a](/t/1/x/) https://community.example.com/t/2/ https://else.example.org/x."

    assert find_links(source) == [
        "/t/1/x/",
        "https://community.example.com/t/2/",
        "https://else.example.org/x.",
    ]
    assert external_links(source) == ["https://else.example.org/x."]
