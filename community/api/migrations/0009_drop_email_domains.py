from django.db import migrations


class Migration(migrations.Migration):
    """What names a person waits for that person, not for the company of their address."""

    dependencies = [("api", "0008_three_decimals")]

    operations = [migrations.RemoveIndex("waitingevent", "waiting_event_email_domain")]
