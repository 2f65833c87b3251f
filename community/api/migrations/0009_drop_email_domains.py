from django.db import migrations


class Migration(migrations.Migration):
    """Facts that name a person wait for that person, not for the company of their email address."""

    dependencies = [("api", "0008_three_decimals")]

    operations = [migrations.RemoveIndex("waitingevent", "waiting_event_email_domain")]
