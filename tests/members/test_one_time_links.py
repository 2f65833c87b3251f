"""What links from emails show when they are opened again, or too late."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from community.members.models import Invitation
from community.members.services import invitations
from community.moderation import suspension_links
from tests.factories.members import MemberFactory
from tests.factories.moderation import SanctionFactory
from tests.forum.pages import texts
from tests.support import Browser

pytestmark = pytest.mark.django_db

PASSWORD = "a quiet morning walk"


@pytest.fixture
def ada():
    return MemberFactory(email="ada@acme.example", password=PASSWORD)


@pytest.fixture
def confirmation(ada):
    address = EmailAddress.objects.create(user=ada, email=ada.email, primary=True)
    return reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])


def heading(response):
    return texts(response, "main h1")[0]


def test_confirming_an_email_address_twice_says_that_it_is_confirmed(client, confirmation):
    client.post(confirmation)

    responses = [send(confirmation) for send in (client.get, client.post, Browser().get, Browser().post)]

    assert {(response.status_code, heading(response)) for response in responses} == {
        (200, "This email address is already confirmed")
    }
    assert "Log in" in texts(responses[2], "main a.button")


def test_confirming_an_email_address_as_the_member_offers_the_home_page(client, ada, confirmation):
    client.post(confirmation)
    client.force_login(ada)

    assert texts(client.get(confirmation), "main a.button") == ["Go to the home page"]


@pytest.mark.parametrize("send", ["get", "post"])
def test_an_old_or_broken_confirmation_link_says_so(client, confirmation, send):
    with time_machine.travel(timezone.now() + timedelta(days=9)):
        late = getattr(client, send)(confirmation)
    broken = getattr(client, send)(confirmation.replace(":", "-"))

    assert [(page.status_code, heading(page)) for page in (late, broken)] == [
        (200, "This link no longer works")
    ] * 2


def test_a_used_invitation_says_that_the_account_was_claimed(client, manager):
    imported = MemberFactory(email=None, claimed_at=None)
    invitation = invitations.invite(imported, email="eve@acme.example", actor=manager)
    address = reverse("members:invitation-accept", args=[invitations.token_of(invitation)])
    client.post(address, {"password": PASSWORD, "guidelines": "on"})

    own, other = client.get(address), Browser().post(address)

    assert {(page.status_code, heading(page)) for page in (own, other)} == {
        (410, "This invitation has been accepted")
    }
    assert (texts(own, "main a.button"), texts(other, "main a.button")) == (
        ["Go to the home page"],
        ["Log in"],
    )


def test_a_replaced_or_late_invitation_says_that_it_expired(client, manager):
    imported = MemberFactory(email=None, claimed_at=None)
    first = invitations.invite(imported, email="eve@acme.example", actor=manager)
    replaced = invitations.token_of(first)
    second = invitations.invite(imported, email="eve@acme.example", actor=manager)

    with time_machine.travel(timezone.now() + Invitation.VALID_FOR + timedelta(days=1)):
        pages = [
            client.get(reverse("members:invitation-accept", args=[token]))
            for token in (replaced, invitations.token_of(second)[:-1], "nonsense")
        ]

    assert {(page.status_code, heading(page)) for page in pages} == {(410, "This invitation has expired")}


def test_a_used_password_reset_link_offers_log_in_and_a_new_link(client, ada):
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=True)
    client.post("/accounts/password/reset/", {"email": ada.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)[1]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    new = {"password1": "another quiet morning", "password2": "another quiet morning"}
    client.post(form, new)

    pages = [client.get(link), client.post(form, new), client.get(form), Browser().get(form)]

    assert {(page.status_code, heading(page)) for page in pages} == {(200, "This link no longer works")}
    assert texts(pages[0], "main a.button") == ["Log in", "Request a new link"]


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (2, "The suspension has ended. You can log in."),
        (9, "This link has expired. Log in to see the decision"),
    ],
)
def test_a_suspension_link_that_is_over_says_why(client, days, sentence):
    member = MemberFactory()
    SanctionFactory(member=member, kind="suspension", ends_at=timezone.now() + timedelta(days=1))
    link = suspension_links.address_for(member)

    with time_machine.travel(timezone.now() + timedelta(days=days)):
        response = client.get(link, follow=True)

    assert response.redirect_chain[0][0] == "/accounts/login/"
    assert sentence in response.text
