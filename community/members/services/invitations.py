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
from community.core.mailboxes import canonical_address
from community.members import rules
from community.members.models import Guidelines, Invitation, Member
from community.members.services import unused_accounts
from community.members.services.accounts import register
from community.members.services.companies import match_company

SALT = "members.invitation"


@transaction.atomic
def invite(member: Member, *, email: str, actor: Member) -> Invitation:
    """Invite the person behind an imported member to claim it; replaces earlier invitations.

    Raises ValidationError if the member is already claimed, or if an account that is in use has the address.
    An unused account with the address is deactivated when the invitation is accepted. Nothing is sent here:
    call send_invitation() after the commit.
    """
    locked: Member = Member.objects.select_for_update().get(pk=member.pk)
    if not rules.can_be_invited(locked):
        raise ValidationError(_("This account has already been claimed."))
    email = canonical_address(email)
    holder = unused_accounts.member_with_address(email)
    if holder is not None and not unused_accounts.is_unused(holder):
        raise ValidationError(
            _(
                "@%(name)s already uses this email address. If it is the same person, ask them to change the address of that account first, or use another address for the invitation."
            )
            % {"name": holder.username}
        )
    Invitation.objects.filter(member=locked, accepted_at=None).delete()
    invitation = Invitation.objects.create(member=locked, email=email, invited_by=actor)
    audit("member.invite", actor=actor, subject=locked, after={"email": email})
    return invitation


def send_invitation(invitation: Invitation) -> bool:
    """Send the mail once; return False if it was already sent. Raises OSError if the mail server fails."""
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
    """Return the signed token for the invitation's link; see `invitation_of`."""
    return signing.dumps(invitation.pk, salt=SALT)


def invitation_of(token: str) -> Invitation | None:
    """Return the open invitation for a token; None if it is forged, used, replaced or expired."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=Invitation.VALID_FOR)
    except signing.BadSignature:
        return None
    return Invitation.objects.open().select_related("member").filter(pk=pk).first()


def member_who_accepted(token: str) -> Member | None:
    """Return the member whose account was claimed with this token, however old, or None."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    used = Invitation.objects.filter(pk=pk, accepted_at__isnull=False).select_related("member").first()
    return used.member if used else None


@transaction.atomic
def claim(invitation: Invitation, *, password: str, guidelines: Guidelines | None) -> Member:
    """Give the imported account to the person who followed the link, which proves their address.

    An unused account with that address is deactivated, whoever made it. Raises ValidationError if an account
    with the address is in use, or if the imported account has been claimed in the meantime.
    """
    member: Member = Member.objects.select_for_update().get(pk=invitation.member_id)
    if not rules.can_be_invited(member):
        raise ValidationError(_("This account has already been claimed."))
    if (holder := unused_accounts.member_with_address(invitation.email)) is not None:
        unused_accounts.deactivate_unused(holder, in_favour_of=member)
    EmailAddress.objects.filter(email__iexact=invitation.email).delete()  # unconfirmed claims by others
    member.email = invitation.email
    member.set_password(password)
    register(member, guidelines=guidelines, source="invitation", invite_id=invitation.pk)
    EmailAddress.objects.create(user=member, email=invitation.email, verified=True, primary=True)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    match_company(member, email=invitation.email)
    return member
