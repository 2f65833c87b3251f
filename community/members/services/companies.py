from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from community.core.audit import audit
from community.core.mailboxes import canonical_domain, domain_of
from community.events.catalogue import COMPANY_JOINED
from community.events.services.recording import record
from community.members.models import Company, Member

# Anyone can have an address there, so it proves nothing about a company.
PUBLIC_DOMAINS = frozenset(
    """aol.com fastmail.com gmail.com gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.co.uk hotmail.com
    icloud.com live.com mac.com mail.com mail.ru me.com msn.com outlook.com pm.me posteo.de proton.me
    protonmail.com qq.com t-online.de tutanota.com web.de yahoo.co.uk yahoo.com yandex.ru ymail.com zoho.com
    163.com 126.com""".split()  # noqa: SIM905
)


@transaction.atomic
def match_company(member: Member, *, email: str, now: datetime | None = None) -> Company | None:
    """Add the member to the company that owns the domain of a confirmed address; None if no company does.

    Members who already belong to a company stay there.
    """
    locked: Member = Member.objects.select_for_update().get(pk=member.pk)
    if locked.company_id is not None:
        return locked.company
    domain = domain_of(email)
    company = Company.objects.filter(verified_domains__contains=[domain]).order_by("pk").first()
    if company is None:
        return None
    locked.company = company
    locked.save(update_fields=["company"])
    member.company = company
    record_joining(member, now=now, domain=domain)
    return company


def record_joining(member: Member, *, now: datetime | None = None, domain: str | None = None) -> None:
    """Record that a member joined the company that they belong to now.

    The event log is the only record of when: call this whenever the company of an existing member is set.
    """
    if member.company is not None:
        now = now or timezone.now()
        key = f"{member.pk}:{now.isoformat()}"
        record(COMPANY_JOINED, actor=member, subject=member.company, occurred_at=now, key=key, domain=domain)


@transaction.atomic
def verify_domain(company: Company, domain: str, *, actor: Member | None) -> Company:
    """Mark an email domain as verified, and add the members with a confirmed address there.

    Idempotent. Raises ValidationError for a public email provider or another company's domain.
    """
    domain = canonical_domain(domain.strip().removeprefix("@"))
    if domain in PUBLIC_DOMAINS:
        raise ValidationError(
            _("%(domain)s is a public email provider, so it cannot belong to a company.") % {"domain": domain}
        )
    if Company.objects.filter(verified_domains__contains=[domain]).exclude(pk=company.pk).exists():
        raise ValidationError(_("%(domain)s belongs to another company.") % {"domain": domain})
    locked = Company.objects.select_for_update().get(pk=company.pk)
    if domain in locked.verified_domains:
        return locked
    locked.verified_domains = [*locked.verified_domains, domain]
    locked.save(update_fields=["verified_domains"])
    audit("company.verify_domain", actor=actor, subject=locked, after={"domain": domain})
    confirmed = EmailAddress.objects.filter(verified=True, email__iendswith=f"@{domain}")
    for address in confirmed.select_related("user"):
        match_company(address.user, email=address.email)
    return locked
