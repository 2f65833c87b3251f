import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0011_shows_customer"),
    ]

    operations = [
        migrations.CreateModel(
            name="VisitorDraft",
            fields=[
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="visitor_draft",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("address", models.CharField(help_text="The page that shows it.", max_length=200)),
                ("fields", models.JSONField(help_text="The form's fields by name.")),
                ("kept_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
    ]
