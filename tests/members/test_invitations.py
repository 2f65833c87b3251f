import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from community.events.catalogue import COMPANY_JOINED, GUIDELINES_ACCEPTED, MEMBER_REGISTERED
from community.events.models import Event
from community.forum.services import likes, read_states
from community.members.models import Guidelines, Invitation, Member
from community.members.services import invitations
from community.members.services.invitations import token_of
from community.members.services.unused_accounts import is_unused
from community.moderation.models import AuditEntry
from community.notifications.services import notify
from community.qa.services import vote
from tests.factories.forum import AnswerFactory, PostFactory, TopicFactory
from tests.factories.members import CompanyFactory, MemberFactory
from tests.factories.moderation import FlagFactory

pytestmark = pytest.mark.django_db
EMAIL = "owner@acme.example"
PASSWORD = "a quiet morning with coffee"


@pytest.fixture
def imported():
    return MemberFactory(unclaimed=True, username="old-hand", display_name="Old Hand")


@pytest.fixture
def invitation(imported, manager):
    return invitations.invite(imported, email=EMAIL, actor=manager)


def accept_url(invitation):
    return reverse("members:invitation-accept", args=[token_of(invitation)])


def send_url(member):
    return reverse("members:invitation-send", args=[member.username])


# Services


def test_invite_does_not_send_the_mail(invitation, imported, manager):
    assert (invitation.member, invitation.email, invitation.invited_by) == (imported, EMAIL, manager)
    assert mail.outbox == []


def test_invite_again_replaces_the_earlier_invitation(invitation, imported, manager):
    invitations.invite(imported, email="new@acme.example", actor=manager)

    assert [row.email for row in Invitation.objects.all()] == ["new@acme.example"]
    assert invitations.invitation_of(token_of(invitation)) is None


def test_invite_refuses_a_claimed_account(manager):
    with pytest.raises(ValidationError, match="already been claimed"):
        invitations.invite(MemberFactory(), email=EMAIL, actor=manager)


@pytest.mark.parametrize("email", ["ada@example.com", "Ada@Example.COM"])
def test_invite_refuses_an_address_in_use_and_says_what_to_do(imported, manager, email):
    PostFactory(author=MemberFactory(email="ada@example.com", username="ada"))

    with pytest.raises(ValidationError) as refusal:
        invitations.invite(imported, email=email, actor=manager)

    assert refusal.value.messages == [
        "@ada already uses this email address. If it is the same person, ask them to change the "
        "address of that account first, or use another address for the invitation."
    ]


def test_invite_allows_an_address_of_an_unused_account(imported, manager):
    MemberFactory(email=EMAIL)

    assert invitations.invite(imported, email=EMAIL, actor=manager).email == EMAIL


def test_send_invitation_sends_once(invitation):
    assert invitations.send_invitation(invitation)
    assert not invitations.send_invitation(invitation)

    (message,) = mail.outbox
    assert message.to == [EMAIL]
    assert message.subject == "Claim your account at Caravan"
    assert invitations.invitation_of(re.search(r"/invitation/(\S+)/", message.body)[1]) == invitation


def test_send_invitation_can_be_retried_after_a_failure(invitation, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1

    with pytest.raises(OSError):
        invitations.send_invitation(invitation)

    invitation.refresh_from_db()
    assert invitation.sent_at is None


def test_claim_gives_the_account_to_the_invited_person(invitation, imported):
    company = CompanyFactory(verified_domains=["acme.example"])
    current = Guidelines.objects.in_force()

    member = invitations.claim(invitation, password=PASSWORD, guidelines=current)

    member.refresh_from_db()
    assert member == imported
    assert (member.email, member.is_claimed, member.guidelines, member.company) == (
        EMAIL,
        True,
        current,
        company,
    )
    assert member.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=member).verified
    assert set(Event.objects.values_list("name", flat=True)) == {
        MEMBER_REGISTERED,
        GUIDELINES_ACCEPTED,
        COMPANY_JOINED,
    }
    registered = Event.objects.get(name=MEMBER_REGISTERED)
    assert registered.props == {"source": "invitation", "invite_id": invitation.pk, "guidelines_version": 1}


def test_claim_twice_is_refused(invitation):
    invitations.claim(invitation, password=PASSWORD, guidelines=None)

    with pytest.raises(ValidationError, match="already been claimed"):
        invitations.claim(invitation, password="another good one", guidelines=None)

    assert Member.objects.get(email=EMAIL).check_password(PASSWORD)


@pytest.mark.parametrize("verified", [True, False])
def test_claim_deactivates_an_unused_account_with_the_address(invitation, imported, verified):
    squatter = MemberFactory(email=EMAIL)
    EmailAddress.objects.create(user=squatter, email=EMAIL.upper(), verified=verified, primary=True)

    member = invitations.claim(invitation, password=PASSWORD, guidelines=None)

    squatter.refresh_from_db()
    assert (member, member.email) == (imported, EMAIL)
    assert (squatter.email, squatter.is_active, squatter.has_usable_password()) == (None, False, False)
    assert [(row.user, row.verified) for row in EmailAddress.objects.all()] == [(imported, True)]
    entry = AuditEntry.objects.get(act="member.step_back")
    assert (entry.object_id, entry.after) == (str(squatter.pk), {"in_favour_of": imported.pk})


def test_claim_overrides_an_unconfirmed_address(invitation):
    other = PostFactory().author
    EmailAddress.objects.create(user=other, email=EMAIL, verified=False)

    member = invitations.claim(invitation, password=PASSWORD, guidelines=None)

    other.refresh_from_db()
    assert other.is_active
    assert [(row.user, row.verified) for row in EmailAddress.objects.filter(email=EMAIL)] == [(member, True)]


@pytest.mark.parametrize("address", ["their own", "a second one, proved"])
def test_claim_is_refused_while_the_address_is_in_use(invitation, imported, address):
    other = PostFactory(author__username="ada").author
    if address == "their own":
        Member.objects.filter(pk=other.pk).update(email=EMAIL)
    else:
        EmailAddress.objects.create(user=other, email=EMAIL, verified=True)

    with pytest.raises(ValidationError, match="You already have the account @ada with this email address"):
        invitations.claim(invitation, password=PASSWORD, guidelines=None)

    imported.refresh_from_db()
    assert not imported.is_claimed


@pytest.mark.parametrize(
    "make",
    [
        lambda member: PostFactory(author=member, status="pending"),
        lambda member: likes.add(PostFactory(), member=member),
        lambda member: vote(AnswerFactory(), member=member, value=1),
        lambda member: FlagFactory(member=member),
        lambda member: Member.objects.filter(pk=member.pk).update(role="sales"),
        lambda member: Member.objects.filter(pk=member.pk).update(is_superuser=True),
        lambda member: Member.objects.filter(pk=member.pk).update(customer_since="2026-01-01"),
    ],
)
def test_is_unused_is_false_after_any_activity(make):
    member = MemberFactory()
    before = is_unused(member)

    make(member)
    member.refresh_from_db()

    assert (before, is_unused(member)) == (True, False)


def test_is_unused_ignores_reading_and_automatic_rows():
    member = MemberFactory()

    read_states.mark_read(TopicFactory(), member=member, number=1)
    notify(member, kind="mention", subject=PostFactory(), text="Somebody named you.")

    assert is_unused(member)


def test_an_invitation_works_for_14_days(invitation):
    token = token_of(invitation)

    with time_machine.travel(timezone.now() + timedelta(days=13, hours=23)):
        assert invitations.invitation_of(token) == invitation
    with time_machine.travel(timezone.now() + timedelta(days=14, minutes=1)):
        assert invitations.invitation_of(token) is None


@pytest.mark.parametrize("token", ["", "1", "x:y:z"])
def test_a_forged_invitation_is_ignored(invitation, token):
    assert invitations.invitation_of(token) is None


# Pages


def test_invitation_send_is_for_managers(client, imported):
    client.force_login(MemberFactory(role="moderator"))

    response = client.post(send_url(imported), {"email": EMAIL})

    assert response.status_code == 403
    assert "Only community managers can send invitations." in response.text
    assert mail.outbox == []


def test_invitation_send_asks_visitors_to_log_in(client, imported):
    response = client.get(send_url(imported))

    assert response["Location"] == f"/accounts/login/?next={send_url(imported)}"


def test_invitation_send_to_somebody_with_an_account_is_refused(client, manager):
    client.force_login(manager)

    response = client.get(send_url(MemberFactory()))

    assert response.status_code == 403
    assert "This account has already been claimed." in response.text


def test_invitation_send_to_an_unknown_member_is_not_found(client, manager):
    client.force_login(manager)

    assert client.get("/u/nobody-here/invite/").status_code == 404


def test_invitation_send_sends_one_mail(client, manager, imported):
    client.force_login(manager)
    assert client.get(send_url(imported)).status_code == 200

    response = client.post(send_url(imported), {"email": EMAIL})

    assert response["Location"] == "/u/old-hand/"
    assert [message.to for message in mail.outbox] == [[EMAIL]]


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("no address", "Enter a valid email address."),
        ("taken@example.com", "@taken already uses this email address."),
    ],
)
def test_invitation_send_shows_errors_about_the_address(client, manager, imported, email, sentence):
    PostFactory(author=MemberFactory(email="taken@example.com", username="taken"))
    client.force_login(manager)

    response = client.post(send_url(imported), {"email": email})

    assert response.status_code == 422
    assert sentence in response.text
    assert f'value="{email}"' in response.text


def test_invitation_send_says_when_the_mail_failed(client, manager, imported, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1
    client.force_login(manager)

    response = client.post(send_url(imported), {"email": EMAIL})

    assert response.status_code == 422
    assert "could not send the email" in response.text


def test_invitation_accept_sets_the_password_and_logs_in(client, invitation):
    invitations.send_invitation(invitation)
    link = re.search(r"http://\S+", mail.outbox[0].body).group()
    assert "Welcome back, Old Hand" in client.get(link).text

    response = client.post(link, {"password": PASSWORD, "guidelines": "on"})

    assert response["Location"] == "/me/settings/"
    assert client.get("/me/settings/").context["user"].username == "old-hand"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"password": "short", "guidelines": "on"}, "too short"),
        ({"password": "old-hand-1", "guidelines": "on"}, "too similar"),
        ({"password": PASSWORD}, "Agree to the guidelines"),
        ({"guidelines": "on"}, "This field is required."),
    ],
)
def test_invitation_accept_shows_errors(client, invitation, data, sentence):
    response = client.post(accept_url(invitation), data)

    assert response.status_code == 422
    assert sentence in response.text
    assert not Member.objects.filter(email=EMAIL).exists()


def test_invitation_accept_is_refused_while_the_address_is_in_use(client, invitation):
    PostFactory(author=MemberFactory(email=EMAIL, username="ada"))

    response = client.post(accept_url(invitation), {"password": PASSWORD, "guidelines": "on"})

    assert response.status_code == 422
    assert "log in as @ada, change the address of that account and open this link again." in response.text


def test_invitation_accept_overrides_a_sign_up_with_the_address(client, invitation, imported):
    client.post(
        "/accounts/signup/",
        {"display_name": "Nobody", "email": EMAIL, "password1": PASSWORD, "guidelines": "on"},
    )
    client.logout()

    response = client.post(accept_url(invitation), {"password": PASSWORD, "guidelines": "on"})

    assert response.url == "/me/settings/"
    assert int(client.session["_auth_user_id"]) == imported.pk


def test_an_expired_invitation_shows_a_message(client, invitation):
    address = accept_url(invitation)
    invitation.delete()

    response = client.get(address)

    assert response.status_code == 410
    assert "This invitation has expired" in response.text
