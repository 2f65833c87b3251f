from django.db import migrations, models


class Migration(migrations.Migration):
    """Let senders correct facts. One statement is enough: adding a column with a constant default is instant."""

    dependencies = [("api", "0003_quarantined_event")]

    operations = [
        migrations.AddField("eventkey", "version", models.PositiveIntegerField(default=1)),
    ]
