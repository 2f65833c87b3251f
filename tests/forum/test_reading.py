import pytest

from community.forum import services
from community.forum.models import ReadState
from tests.factories.forum import TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def test_reading_goes_forward_only():
    topic, member = TopicFactory(), MemberFactory()

    for number in (3, 7, 5, 7):
        services.mark_read(topic, member=member, number=number)

    assert ReadState.objects.get(topic=topic, member=member).last_read_number == 7
