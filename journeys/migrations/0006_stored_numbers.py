from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0005_engine_version"),
    ]

    operations = [
        migrations.CreateModel(
            name="StoredNumbers",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("versions", models.JSONField()),
                ("numbers", models.JSONField()),
                ("counted_at", models.DateTimeField()),
            ],
        ),
    ]
