import pytest

from community.notifications import services
from community.notifications.models import Notification
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def test_notify_is_idempotent():
    post, actor = PostFactory(), MemberFactory()

    lines = [services.notify(post.author, kind="reply", subject=post, actor=actor) for _ in range(2)]

    assert lines[0] == lines[1]
    line = Notification.objects.get()
    assert (line.member, line.kind, line.subject_type, line.subject_id) == (
        post.author,
        "reply",
        "forum.post",
        post.pk,
    )


def test_notify_distinguishes_by_key():
    post = PostFactory()

    for key in ("hidden", "shown"):
        services.notify(post.author, kind="moderation", subject=post, key=key)

    assert Notification.objects.count() == 2


def test_notify_skips_members_own_actions():
    post = PostFactory()

    assert services.notify(post.author, kind="reply", subject=post, actor=post.author) is None
    assert not Notification.objects.exists()


@pytest.mark.parametrize("fields", [{"unclaimed": True}, {"is_active": False}])
def test_notify_skips_unclaimed_and_inactive_members(fields):
    assert services.notify(MemberFactory(**fields), kind="reply", subject=PostFactory()) is None


def test_notify_grouped_counts_people():
    post = PostFactory()
    first, second = MemberFactory.create_batch(2)

    services.notify_grouped(post.author, kind="like", subject=post, actor=first, key="1")
    line = services.notify_grouped(post.author, kind="like", subject=post, actor=second, key="2")

    assert (Notification.objects.get(), line.people, line.actor) == (line, 2, second)


def test_notify_grouped_starts_over_once_read():
    post = PostFactory()
    line = services.notify_grouped(post.author, kind="like", subject=post, actor=MemberFactory(), key="1")
    services.mark_read(line)

    services.notify_grouped(post.author, kind="like", subject=post, actor=MemberFactory(), key="2")

    assert list(Notification.objects.values_list("people", flat=True)) == [1, 1]


def test_notify_grouped_skips_members_own_actions():
    post = PostFactory()

    assert services.notify_grouped(post.author, kind="like", subject=post, actor=post.author, key="1") is None


def test_notify_grouped_skips_unclaimed_and_inactive_members():
    post = PostFactory(author=MemberFactory(unclaimed=True))

    assert (
        services.notify_grouped(post.author, kind="like", subject=post, actor=MemberFactory(), key="1")
        is None
    )


def test_mark_read_twice_keeps_the_first_time():
    line = services.notify(MemberFactory(), kind="reply", subject=PostFactory())
    services.mark_read(line)
    line.refresh_from_db()
    before = line.read_at

    services.mark_read(line)

    line.refresh_from_db()
    assert line.read_at == before


def test_mark_all_read_keeps_later_ones_unread():
    member = MemberFactory()
    first = services.notify(member, kind="reply", subject=PostFactory())
    services.notify(member, kind="reply", subject=PostFactory())

    count = services.mark_all_read(member, until=first.created_at)

    assert (count, services.unread_count(member)) == (1, 1)


def test_mark_all_read_affects_only_the_member():
    services.notify(MemberFactory(), kind="reply", subject=PostFactory())

    assert services.mark_all_read(MemberFactory()) == 0


def test_delete_unread_deletes_unread_notifications_of_a_subject():
    post = PostFactory()
    services.notify(post.author, kind="reply", subject=post)
    read = services.notify(MemberFactory(), kind="reply", subject=post)
    services.mark_read(read)
    other = services.notify(post.author, kind="reply", subject=PostFactory())

    assert services.delete_unread(post) == 1
    assert set(Notification.objects.all()) == {read, other}


def test_delete_unread_can_be_limited_to_kinds():
    post = PostFactory()
    kept = services.notify(post.author, kind="moderation", subject=post)
    services.notify(post.author, kind="reply", subject=post)

    services.delete_unread(post, kinds=("reply",))

    assert Notification.objects.get() == kept
