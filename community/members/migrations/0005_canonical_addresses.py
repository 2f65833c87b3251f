"""Make every address and domain canonical, and print those that another account already has."""

import sys
from typing import Any

from django.db import migrations
from django.db.models import F, Func, Q

from community.core.mailboxes import canonical_address, canonical_domain


def _other_spellings(rows: Any, field: str = "email") -> Any:
    """Rows whose value is not yet canonical; nearly all are already lower-case ASCII."""
    rows = rows.exclude(**{f"{field}__isnull": True}).annotate(_lower=Func(F(field), function="lower"))
    return rows.filter(Q(**{f"{field}__regex": r"[^\x01-\x7f]"}) | ~Q(**{field: F("_lower")})).order_by("pk")


def canonicalize(apps: Any, schema_editor: Any) -> None:
    kept: list[str] = []
    kept += _members(apps.get_model("members", "Member"))
    kept += _addresses(apps.get_model("account", "EmailAddress"))
    for invitation in _other_spellings(apps.get_model("members", "Invitation").objects.all()).iterator():
        invitation.email = canonical_address(invitation.email)
        invitation.save(update_fields=["email"])
    kept += _companies(apps.get_model("members", "Company"))
    for line in kept:
        sys.stdout.write(f"\n  Not merged: {line}")


def _members(model: Any) -> list[str]:
    kept = []
    for member in _other_spellings(model.objects.all()).only("email", "username").iterator():
        address = canonical_address(member.email)
        other = model.objects.filter(email__iexact=address).exclude(pk=member.pk).first()
        if other is not None:
            kept.append(f"the accounts @{member.username} and @{other.username} have the same mailbox.")
            continue
        member.email = address
        member.save(update_fields=["email"])
    return kept


def _addresses(model: Any) -> list[str]:
    kept = []
    for row in _other_spellings(model.objects.select_related("user")).iterator():
        address = canonical_address(row.email)
        same = model.objects.filter(email=address).exclude(pk=row.pk)
        own = same.filter(user=row.user_id).first()
        if own is None and row.verified and (other := same.filter(verified=True).first()) is not None:
            kept.append(f"@{row.user.username} and @{other.user.username} have confirmed the same mailbox.")
            continue
        if own is None:
            row.email = address
            row.save(update_fields=["email"])
            continue
        taken = same.filter(verified=True).exclude(user=row.user_id).exists()
        row.delete()
        own.verified, own.primary = own.verified or (row.verified and not taken), own.primary or row.primary
        own.save(update_fields=["verified", "primary"])
    return kept


def _companies(model: Any) -> list[str]:
    kept = []
    for company in model.objects.exclude(verified_domains=[]).order_by("pk"):
        domains: list[str] = []
        for domain in company.verified_domains:
            name = canonical_domain(domain)
            others = model.objects.filter(verified_domains__contains=[name]).exclude(pk=company.pk)
            if name != domain and (other := others.first()) is not None:
                kept.append(f"the companies {company.slug} and {other.slug} both have the domain {name}.")
                name = domain
            domains.append(name)
        domains = list(dict.fromkeys(domains))
        if domains != company.verified_domains:
            company.verified_domains = domains
            company.save(update_fields=["verified_domains"])
    return kept


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0004_reword_help_texts"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunPython(canonicalize, migrations.RunPython.noop, elidable=True)]
