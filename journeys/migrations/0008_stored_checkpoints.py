from django.db import migrations, models

# States are read and written whole, and often, so that compressing them would take longer than it saves.
UNCOMPRESSED = """
ALTER TABLE journeys_checkpoint ALTER fold SET STORAGE EXTERNAL, ALTER advocacy SET STORAGE EXTERNAL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0007_checkpoint"),
    ]

    operations = [
        migrations.DeleteModel(name="Checkpoint"),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "member_id", "month", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("member_id", models.BigIntegerField()),
                ("month", models.DateField()),
                ("since", models.DateField()),
                ("ruleset", models.PositiveIntegerField()),
                ("code", models.TextField()),
                ("fold", models.BinaryField()),
                ("advocacy", models.BinaryField()),
            ],
        ),
        migrations.RunSQL(UNCOMPRESSED, migrations.RunSQL.noop),
    ]
