from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OPEN = models.Q(applied_at=None, dismissed_at=None)
EMAIL_DOMAIN = models.Func(
    models.F("email"),
    models.Value("@"),
    models.Value(2),
    function="split_part",
    output_field=models.TextField(),
)
INDEXES = (
    models.Index(fields=["email"], condition=OPEN, name="waiting_event_email"),
    models.Index(EMAIL_DOMAIN, condition=OPEN, name="waiting_event_email_domain"),
    models.Index(fields=["domain"], condition=OPEN, name="waiting_event_domain"),
    models.Index(fields=["source", "external_id"], condition=OPEN, name="waiting_event_external_id"),
    models.Index(fields=["company_external_id"], condition=OPEN, name="waiting_event_company"),
)


class Migration(migrations.Migration):
    """Index open waiting events by whom they are about."""

    atomic = False
    dependencies = [("api", "0005_identity_changes")]

    operations = [AddIndexConcurrently("waitingevent", index) for index in INDEXES]
