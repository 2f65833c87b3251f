import pytest

from community.forum.models import ReadState
from community.forum.services import read_states
from tests.factories.forum import TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def test_read_number_never_decreases():
    topic, member = TopicFactory(), MemberFactory()

    for number in (3, 7, 5, 7):
        read_states.mark_read(topic, member=member, number=number)

    assert ReadState.objects.get(topic=topic, member=member).last_read_number == 7
