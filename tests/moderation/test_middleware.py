import pytest
from django.urls import reverse

from community.moderation import suspension_links
from community.moderation.models import AuditEntry, BlockedWord
from tests.factories.members import MemberFactory
from tests.factories.moderation import SanctionFactory

pytestmark = pytest.mark.django_db


LIST = reverse("notifications:notification-list")


def test_a_suspended_member_is_logged_out_and_redirected(client):
    sanction = SanctionFactory(kind="suspension", reason="You advertised.")
    client.force_login(sanction.member)

    response = client.get(LIST, follow=True)

    assert "You advertised." in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_suspended_member_is_redirected_with_htmx_too(client):
    sanction = SanctionFactory(kind="suspension")
    client.force_login(sanction.member)

    response = client.get(LIST, headers={"HX-Request": "true"})

    assert suspension_links.member_of(response["HX-Redirect"].split("/")[2]) == sanction.member


def test_a_suspended_member_cannot_log_in(client):
    member = MemberFactory(password="a-good-password")
    member.emailaddress_set.create(email=member.email, verified=True, primary=True)
    SanctionFactory(member=member, kind="suspension", reason="You advertised.")

    response = client.post(
        reverse("account_login"), {"login": member.email, "password": "a-good-password"}, follow=True
    )

    assert "You advertised." in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_silenced_member_can_read(client):
    sanction = SanctionFactory()
    client.force_login(sanction.member)

    assert client.get(LIST).status_code == 200


def test_a_silenced_member_can_appeal(client):
    sanction = SanctionFactory()
    client.force_login(sanction.member)

    assert client.post(sanction.get_absolute_url(), {"text": "Why?"}).status_code == 302


def test_a_silenced_member_cannot_post(client):
    sanction = SanctionFactory()
    client.force_login(sanction.member)

    response = client.post("/badges/")

    assert response.status_code == 403
    assert "You can read but not post at the moment." in response.content.decode()


def test_a_silenced_member_can_log_out(client):
    client.force_login(SanctionFactory().member)

    assert client.post(reverse("account_logout")).status_code == 302


def test_other_members_are_not_affected(client):
    SanctionFactory()
    client.force_login(MemberFactory())

    assert client.get(LIST).status_code == 200


def test_a_visitor_causes_no_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(reverse("account_login"))


def test_the_admin_has_its_own_csp(as_manager):
    policy = as_manager.get("/admin/")["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


def test_the_csp_allows_nothing_inline(client):
    policy = client.get(reverse("account_login"))["Content-Security-Policy"]

    assert "unsafe" not in policy


def test_audit_entries_of_the_admin_have_the_path(as_manager):
    as_manager.post("/admin/moderation/blockedword/add/", {"phrase": "casino", "action": "block", "note": ""})

    entry = AuditEntry.objects.get(act="blockedword.add")
    assert BlockedWord.objects.get().phrase == "casino"
    assert entry.context == {"path": "/admin/moderation/blockedword/add/", "address": "127.0.0.1"}
