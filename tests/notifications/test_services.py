import pytest

from community.notifications import services
from community.notifications.models import Notification
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def test_notify_tells_once():
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


def test_notify_tells_two_occasions_apart_by_key():
    post = PostFactory()

    for key in ("hidden", "shown"):
        services.notify(post.author, kind="moderation", subject=post, key=key)

    assert Notification.objects.count() == 2


def test_notify_tells_nobody_of_their_own_acts():
    post = PostFactory()

    assert services.notify(post.author, kind="reply", subject=post, actor=post.author) is None
    assert not Notification.objects.exists()


@pytest.mark.parametrize("fields", [{"unclaimed": True}, {"is_active": False}])
def test_notify_leaves_people_alone_who_are_not_here(fields):
    assert services.notify(MemberFactory(**fields), kind="reply", subject=PostFactory()) is None


def test_notify_grouped_counts_people_into_one_line():
    post = PostFactory()
    first, second = MemberFactory.create_batch(2)

    services.notify_grouped(post.author, kind="like", subject=post, actor=first, key="1")
    line = services.notify_grouped(post.author, kind="like", subject=post, actor=second, key="2")

    assert (Notification.objects.get(), line.people, line.actor) == (line, 2, second)


def test_notify_grouped_begins_anew_once_read():
    post = PostFactory()
    line = services.notify_grouped(post.author, kind="like", subject=post, actor=MemberFactory(), key="1")
    services.mark_read(line)

    services.notify_grouped(post.author, kind="like", subject=post, actor=MemberFactory(), key="2")

    assert list(Notification.objects.values_list("people", flat=True)) == [1, 1]


def test_notify_grouped_tells_nobody_of_their_own_acts():
    post = PostFactory()

    assert services.notify_grouped(post.author, kind="like", subject=post, actor=post.author, key="1") is None


def test_notify_grouped_leaves_people_alone_who_are_not_here():
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


def test_mark_all_read_leaves_what_came_later():
    member = MemberFactory()
    first = services.notify(member, kind="reply", subject=PostFactory())
    services.notify(member, kind="reply", subject=PostFactory())

    count = services.mark_all_read(member, until=first.created_at)

    assert (count, services.unread_count(member)) == (1, 1)


def test_mark_all_read_leaves_other_people_alone():
    services.notify(MemberFactory(), kind="reply", subject=PostFactory())

    assert services.mark_all_read(MemberFactory()) == 0


def test_forget_takes_unread_lines_of_a_subject_away():
    post = PostFactory()
    services.notify(post.author, kind="reply", subject=post)
    read = services.notify(MemberFactory(), kind="reply", subject=post)
    services.mark_read(read)
    other = services.notify(post.author, kind="reply", subject=PostFactory())

    assert services.delete_unread(post) == 1
    assert set(Notification.objects.all()) == {read, other}


def test_forget_keeps_other_kinds_when_told_which():
    post = PostFactory()
    kept = services.notify(post.author, kind="moderation", subject=post)
    services.notify(post.author, kind="reply", subject=post)

    services.delete_unread(post, kinds=("reply",))

    assert Notification.objects.get() == kept
