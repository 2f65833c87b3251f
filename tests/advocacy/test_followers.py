import pytest
from django.db import transaction

from community.events.services.cursors import follow
from community.members.services.roles import set_roles
from journeys.models import Dirty
from tests.factories.members import MemberFactory

from .event_helpers import drained, happened, score_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_role_change_marks_members_the_voter_voted_for():
    voter, author, other = MemberFactory.create_batch(3)
    happened(author, "helpful_vote.received", by=voter)
    happened(author, "reply.created")
    happened(other, "reply.created")
    drained()
    with transaction.atomic():
        set_roles(voter, ["sales"])

    while follow("advocacy.peers"):
        pass

    assert set(Dirty.objects.values_list("member_id", flat=True)) == {voter.pk, author.pk}


def test_vote_stops_counting_when_the_voter_joins_the_team():
    voter, author = MemberFactory.create_batch(2)
    happened(author, "helpful_vote.received", by=voter)
    happened(author, "reply.created")
    drained()
    before = score_of(author).score

    set_roles(voter, ["sales"])
    drained()

    assert score_of(author).score < before
