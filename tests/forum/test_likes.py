import pytest

from community.core.permissions import Refused
from community.forum.models import Post, Topic
from community.forum.services import likes
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory

from .event_log import event_names, get_event

pytestmark = pytest.mark.django_db


def test_like_updates_counts_and_records_both_events():
    post, fan = PostFactory(), MemberFactory()

    for _ in range(2):
        likes.add(post, member=fan)

    assert (Post.objects.get(pk=post.pk).like_count, Topic.objects.get(pk=post.topic_id).like_count) == (1, 1)
    assert get_event("reaction.given").member_id == fan.pk
    received = get_event("reaction.received")
    assert (received.member_id, received.counterpart_id) == (post.author_id, fan.pk)
    assert received.props == {"type": "like", "topic_id": post.topic_id}


def test_unlike_retracts_everything():
    post, fan = PostFactory(), MemberFactory()
    likes.add(post, member=fan)

    for _ in range(2):
        likes.remove(post, member=fan)

    assert (Post.objects.get(pk=post.pk).like_count, Topic.objects.get(pk=post.topic_id).like_count) == (0, 0)
    assert event_names() == []


def test_like_again_counts_again():
    post, fan = PostFactory(), MemberFactory()
    likes.add(post, member=fan)
    likes.remove(post, member=fan)

    likes.add(post, member=fan)

    assert sorted(event_names()) == ["reaction.given", "reaction.received"]
    assert Post.objects.get(pk=post.pk).like_count == 1


def test_own_post_cannot_be_liked():
    post = PostFactory()

    with pytest.raises(Refused, match="your own posts"):
        likes.add(post, member=post.author)


@pytest.mark.parametrize("status", ["pending", "hidden", "deleted"])
def test_unpublished_post_cannot_be_liked(status):
    with pytest.raises(Refused, match="at the moment"):
        likes.add(PostFactory(status=status), member=MemberFactory())
