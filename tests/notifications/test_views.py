import pytest
from django.urls import reverse

from community.notifications import services
from community.notifications.models import Notification
from tests.factories.forum import PostFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

LIST = reverse("notifications:notification-list")


def told(member, **fields):
    post = fields.pop("post", None) or PostFactory()
    return services.notify(member, **{"kind": "reply", "subject": post, "actor": post.author, **fields})


def test_notification_list_needs_a_login(client):
    response = client.get(LIST)

    assert (response.status_code, response.url) == (302, f"/accounts/login/?next={LIST}")


def test_notification_list_shows_own_notifications_and_marks_new_ones(client):
    member = MemberFactory()
    line = told(member)
    told(MemberFactory())
    client.force_login(member)

    response = client.get(LIST)

    assert [shown.pk for shown, _ in response.context["shown"]] == [line.pk]
    assert response.context["unread"] == 1
    assert 'aria-label="Notifications, 1 unread"' in response.content.decode()


def test_an_empty_notification_list_suggests_what_to_do(client):
    client.force_login(MemberFactory())

    response = client.get(LIST)

    assert "Find a question to answer" in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "reply"}, "replied in"),
        ({"kind": "mention"}, "mentioned you in"),
        ({"kind": "accepted"}, "accepted your answer in"),
        ({"kind": "like"}, "liked your post in"),
        ({"kind": "moderation", "text": "Your post is <hidden>."}, "Your post is &lt;hidden&gt;."),
    ],
)
def test_notification_list_says_what_happened(client, fields, sentence):
    member = MemberFactory()
    told(member, **fields)
    client.force_login(member)

    assert sentence in client.get(LIST).content.decode()


@pytest.mark.parametrize(("people", "words"), [(2, "and 1 other"), (5, "and 4 others")])
def test_notification_list_counts_the_people(client, people, words):
    member = MemberFactory()
    line = told(member, kind="like")
    Notification.objects.filter(pk=line.pk).update(people=people)
    client.force_login(member)

    assert words in client.get(LIST).content.decode()


def test_notification_list_excludes_what_the_reader_may_no_longer_see(client):
    member = MemberFactory()
    told(member, post=PostFactory(status="hidden"))
    client.force_login(member)

    response = client.get(LIST)

    assert response.context["shown"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_notification_list_costs_the_same_for_one_and_three(client, count, django_assert_num_queries):
    member = MemberFactory()
    for _ in range(count):
        told(member)
    client.force_login(member)
    client.get(LIST)

    with django_assert_num_queries(4):
        client.get(LIST)


def test_notification_open_marks_it_read_and_redirects(client):
    member = MemberFactory()
    post = PostFactory()
    line = told(member, post=post)
    client.force_login(member)

    response = client.get(reverse("notifications:notification-open", args=[line.pk]))

    assert response.url == post.get_absolute_url()
    assert services.unread_count(member) == 0


def test_notification_open_of_a_deleted_subject_shows_a_message(client):
    member = MemberFactory()
    line = told(member, post=PostFactory(status="deleted"))
    client.force_login(member)

    response = client.get(reverse("notifications:notification-open", args=[line.pk]), follow=True)

    assert "no longer available" in response.content.decode()


def test_notification_open_of_someone_elses_is_not_found(client):
    line = told(MemberFactory())
    client.force_login(MemberFactory())

    assert client.get(reverse("notifications:notification-open", args=[line.pk])).status_code == 404


def test_notifications_read_marks_what_was_on_the_page(client):
    member = MemberFactory()
    first = told(member)
    told(member)
    client.force_login(member)

    client.post(reverse("notifications:notifications-read"), {"until": first.created_at.isoformat()})

    assert services.unread_count(member) == 1


@pytest.mark.parametrize("until", ["", "nonsense", "2026-13-45T00:00:00", "0001-01-01T00:00:00"])
def test_notifications_read_without_a_time_marks_everything(client, until):
    member = MemberFactory()
    told(member)
    client.force_login(member)

    client.post(reverse("notifications:notifications-read"), {"until": until})

    assert services.unread_count(member) == 0


def test_notifications_read_requires_post(client):
    client.force_login(MemberFactory())

    assert client.get(reverse("notifications:notifications-read")).status_code == 405


def test_notifications_read_needs_a_login(client):
    assert client.post(reverse("notifications:notifications-read")).status_code == 302
