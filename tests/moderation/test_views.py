from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from community.moderation import suspension_links
from community.moderation.models import Flag, ReviewItem
from community.moderation.services import flags
from tests.factories.forum import PostFactory
from tests.factories.members import GuidelinesFactory, MemberFactory
from tests.factories.moderation import FlagFactory, SanctionFactory

pytestmark = pytest.mark.django_db


def flag_page(post):
    return reverse("moderation:flag-create", args=[post.pk])


@pytest.fixture
def member(client):
    member = MemberFactory(customer_since="2026-01-01")
    client.force_login(member)
    return member


def test_flag_create_needs_a_login(client):
    page = flag_page(PostFactory())

    assert client.get(page).url == f"/accounts/login/?next={page}"


def test_flag_create_asks_for_a_reason(client, member):
    response = client.get(flag_page(PostFactory(source="Buy now")))

    html = response.content.decode()
    assert response.status_code == 200
    assert "Illegal: threats" in html
    assert "take_action" not in html


def test_flag_create_flags(client, member):
    post = PostFactory()

    response = client.post(flag_page(post), {"reason": "spam", "text": "Third time"})

    flag = Flag.objects.get()
    assert (flag.post, flag.member, flag.reason, flag.text) == (post, member, "spam", "Third time")
    assert "Thank you for flagging this post" in response.content.decode()


def test_flag_create_requires_a_reason(client, member):
    response = client.post(flag_page(PostFactory()), {"text": "Third time"})

    assert response.status_code == 422
    assert "Third time" in response.content.decode()
    assert not Flag.objects.exists()


def test_flag_create_with_reason_other_requires_text(client, member):
    response = client.post(flag_page(PostFactory()), {"reason": "other", "text": " "})

    assert response.status_code == 422
    assert "Describe briefly what is wrong." in response.content.decode()


def test_flag_create_by_a_moderator_may_take_action(client):
    client.force_login(MemberFactory(role="moderator"))
    post = PostFactory()

    client.post(flag_page(post), {"reason": "spam", "take_action": "on"})

    post.refresh_from_db()
    assert post.status == "hidden"


def test_flag_create_by_a_member_may_not_take_action(client, member):
    post = PostFactory()

    client.post(flag_page(post), {"reason": "spam", "take_action": "on"})

    assert Flag.objects.get().take_action == 0


def test_flag_create_again_shows_the_status(client, member):
    flag = FlagFactory(member=member, status="upheld")

    response = client.get(flag_page(flag.post))

    assert "A moderator agreed with you." in response.content.decode()


def test_flag_create_refuses_own_posts(client, member):
    response = client.get(flag_page(PostFactory(author=member)))

    assert response.status_code == 403
    assert "You can only flag visible posts" in response.content.decode()


def test_flag_create_of_a_hidden_post_is_not_found(client, member):
    assert client.get(flag_page(PostFactory(status="hidden"))).status_code == 404


def test_flag_create_is_limited_to_twenty_a_day(client, member):
    FlagFactory.create_batch(20, member=member)

    response = client.get(flag_page(PostFactory()))

    assert response.status_code == 403
    assert "20 posts today" in response.content.decode()


def test_flag_withdraw_deletes_the_flag(client, member):
    flag = flags.add(PostFactory(), actor=member, reason="spam")

    response = client.post(reverse("moderation:flag-withdraw", args=[flag.pk]))

    assert response.url == flag.post.get_absolute_url()
    assert not Flag.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"status": "upheld"}, {"created_at": timezone.now() - timedelta(minutes=11)}]
)
def test_flag_withdraw_refuses_decided_or_old_flags(client, member, fields):
    flag = FlagFactory(member=member, **fields)

    response = client.post(reverse("moderation:flag-withdraw", args=[flag.pk]))

    assert response.status_code == 403
    assert "ten minutes" in response.content.decode()


def test_flag_withdraw_of_someone_elses_is_not_found(client, member):
    assert client.post(reverse("moderation:flag-withdraw", args=[FlagFactory().pk])).status_code == 404


def test_decision_list_shows_the_readers_own_decisions(client, member):
    SanctionFactory(member=member, reason="You shouted.")
    PostFactory(author=member, status="hidden", status_reason="It was an advertisement.")
    PostFactory(author=member, status="pending", status_reason="First posts are looked at.")
    SanctionFactory(reason="Someone else shouted.")

    html = client.get(reverse("moderation:decision-list")).content.decode()

    assert "You shouted." in html
    assert "It was an advertisement." in html
    assert "First posts are looked at." in html
    assert "Someone else shouted." not in html


def test_decision_list_is_empty_for_most(client, member):
    html = client.get(reverse("moderation:decision-list")).content.decode()

    assert "Moderators have not taken any action" in html


def test_decision_detail_shows_reason_and_end(client, member):
    GuidelinesFactory()
    sanction = SanctionFactory(member=member, reason="You shouted.", message="Twice.")

    html = client.get(sanction.get_absolute_url()).content.decode()

    assert "You can read but not post for now" in html
    assert "You shouted." in html
    assert "Twice." in html
    assert "when a moderator lifts it" in html


def test_decision_detail_accepts_an_appeal(client, member):
    sanction = SanctionFactory(member=member)

    response = client.post(sanction.get_absolute_url(), {"text": "I did not."}, follow=True)

    assert ReviewItem.objects.get().text == "I did not."
    assert "Your appeal is being reviewed" in response.content.decode()


def test_decision_detail_requires_text(client, member):
    response = client.post(SanctionFactory(member=member).get_absolute_url(), {"text": ""})

    assert response.status_code == 422
    assert not ReviewItem.objects.exists()


def test_decision_detail_of_a_lifted_sanction_refuses_appeals(client, member):
    sanction = SanctionFactory(member=member, lifted_at=timezone.now())

    response = client.post(sanction.get_absolute_url(), {"text": "I did not."})

    assert response.status_code == 403


def test_decision_detail_of_someone_else_is_not_found(client, member):
    assert client.get(SanctionFactory().get_absolute_url()).status_code == 404


def test_decision_pages_need_a_login(client):
    assert client.get(SanctionFactory().get_absolute_url()).status_code == 302
    assert client.get(reverse("moderation:decision-list")).status_code == 302


def test_post_appeal_creates_an_appeal(client, member):
    post = PostFactory(author=member, status="hidden", status_reason="It was an advertisement.")
    page = reverse("moderation:post-appeal", args=[post.pk])

    before = client.get(page).content.decode()
    after = client.post(page, {"text": "I took the link out."}, follow=True).content.decode()

    assert "It was an advertisement." in before
    assert "I took the link out." in after
    assert ReviewItem.objects.get().post == post


def test_post_appeal_requires_text(client, member):
    post = PostFactory(author=member, status="hidden")

    assert client.post(reverse("moderation:post-appeal", args=[post.pk]), {"text": " "}).status_code == 422


def test_post_appeal_of_a_published_post_is_refused(client, member):
    response = client.get(reverse("moderation:post-appeal", args=[PostFactory(author=member).pk]))

    assert response.status_code == 403


def test_post_appeal_by_someone_else_is_not_found(client, member):
    page = reverse("moderation:post-appeal", args=[PostFactory(status="hidden").pk])

    assert client.get(page).status_code == 404


def test_suspended_page_opens_with_the_signed_link(client):
    sanction = SanctionFactory(kind="suspension", reason="You advertised.")

    html = client.get(suspension_links.address_for(sanction.member)).content.decode()

    assert "Your account is suspended" in html
    assert "You advertised." in html


def test_suspended_page_accepts_an_appeal(client):
    sanction = SanctionFactory(kind="suspension")
    page = suspension_links.address_for(sanction.member)

    response = client.post(page, {"text": "It was my brother."}, follow=True)

    assert ReviewItem.objects.get().sanction == sanction
    assert "It was my brother." in response.content.decode()


@pytest.mark.parametrize("token", ["forged", "MQ:1abc:xyz"])
def test_suspended_page_with_a_forged_link_reveals_nothing(client, token):
    response = client.get(reverse("moderation:suspended", args=[token]))

    assert response.url == "/accounts/login/"


def test_suspended_page_redirects_after_the_suspension(client):
    sanction = SanctionFactory(kind="suspension", lifted_at=timezone.now())

    assert client.get(suspension_links.address_for(sanction.member)).url == "/accounts/login/"
