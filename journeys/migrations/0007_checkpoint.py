from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0006_stored_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("member_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("since", models.DateField()),
                ("token", models.UUIDField()),
            ],
        ),
    ]
