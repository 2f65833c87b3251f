from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core.audit import audit
from community.members import rules
from community.members.models import Guidelines, Invitation, Member
from community.members.services.accounts import register
from community.members.services.companies import match_company
from community.members.services.merging import holder_of, is_empty, step_back

SALT = "members.invitation"


@transaction.atomic
def invite(member: Member, *, email: str, actor: Member) -> Invitation:
    """Ask the person behind an imported member to take it over; earlier invitations of theirs end.

    Raises ValidationError when the member has an owner, or somebody who is active here has the address: an
    empty account with it steps back when the invitation is followed. Nothing is sent here: call
    send_invitation() after the commit.
    """
    locked: Member = Member.objects.select_for_update().get(pk=member.pk)
    if not rules.can_be_invited(locked):
        raise ValidationError(_("This account has already been claimed."))
    holder = holder_of(email)
    if holder is not None and not is_empty(holder):
        raise ValidationError(
            _(
                "@%(name)s already uses this email address. If it is the same person, ask them to change the address of that account first, or use another address for the invitation."
            )
            % {"name": holder.username}
        )
    Invitation.objects.filter(member=locked, accepted_at=None).delete()
    invitation = Invitation.objects.create(member=locked, email=email.lower(), invited_by=actor)
    audit("member.invite", actor=actor, subject=locked, after={"email": email})
    return invitation


def send_invitation(invitation: Invitation) -> bool:
    """Send the mail, once; False when it has been sent before. OSError when the mail server fails us."""
    claimed = Invitation.objects.filter(pk=invitation.pk, sent_at=None).update(sent_at=timezone.now())
    if not claimed:
        return False
    address = settings.SITE_URL + reverse("members:invitation-accept", args=[token_of(invitation)])
    context = {"invitation": invitation, "address": address, "site_name": settings.SITE_NAME}
    try:
        send_mail(
            subject=_("Claim your account at %(site)s") % {"site": settings.SITE_NAME},
            message=render_to_string("members/email/invitation.txt", context),
            from_email=None,
            recipient_list=[invitation.email],
        )
    except OSError:  # SMTP's errors are among them
        Invitation.objects.filter(pk=invitation.pk).update(sent_at=None)
        raise
    return True


def token_of(invitation: Invitation) -> str:
    """Return what the link of an invitation ends with; `invitation_of` reads it."""
    return signing.dumps(invitation.pk, salt=SALT)


def invitation_of(token: str) -> Invitation | None:
    """The open invitation that the link names; None when it is forged, used, replaced or too old."""
    try:
        number = signing.loads(token, salt=SALT, max_age=Invitation.VALID_FOR)
    except signing.BadSignature:
        return None
    return Invitation.objects.open().select_related("member").filter(pk=number).first()


@transaction.atomic
def claim(invitation: Invitation, *, password: str, guidelines: Guidelines | None) -> Member:
    """Give the imported member to the person who followed the link; the link proves their address.

    An empty account that has the address steps back, whoever made it. Raises ValidationError when one is in
    use, or the member was taken over meanwhile.
    """
    member: Member = Member.objects.select_for_update().get(pk=invitation.member_id)
    if not rules.can_be_invited(member):
        raise ValidationError(_("This account has already been claimed."))
    if (holder := holder_of(invitation.email)) is not None:
        step_back(holder, for_member=member)
    EmailAddress.objects.filter(email__iexact=invitation.email).delete()  # others named it, none proved it
    member.email = invitation.email
    member.set_password(password)
    register(member, guidelines=guidelines, source="invitation", invite_id=invitation.pk)
    EmailAddress.objects.create(user=member, email=invitation.email, verified=True, primary=True)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    match_company(member, email=invitation.email)
    return member
