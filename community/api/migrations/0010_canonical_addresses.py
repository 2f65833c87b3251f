"""Store the addresses and domains of waiting events in canonical form, so that they match their people."""

from typing import Any

from django.db import migrations
from django.db.models import Q

from community.core.mailboxes import canonical_address, canonical_domain


def canonicalize(apps: Any, schema_editor: Any) -> None:
    other_letters = Q(email__regex=r"[^\x01-\x7f]") | Q(domain__regex=r"[^\x01-\x7f]")
    for row in apps.get_model("api", "WaitingEvent").objects.filter(other_letters).iterator():
        row.email, row.domain = canonical_address(row.email), canonical_domain(row.domain)
        row.save(update_fields=["email", "domain"])


class Migration(migrations.Migration):
    dependencies = [("api", "0009_drop_email_domains")]

    operations = [migrations.RunPython(canonicalize, migrations.RunPython.noop, elidable=True)]
