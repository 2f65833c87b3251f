from django.db import migrations, models

# Journeys of before were computed by version 1; in an empty database there is nothing to recompute.
FIRST = "INSERT INTO journeys_engineversion (version) SELECT 1 WHERE EXISTS (SELECT FROM member_state)"


class Migration(migrations.Migration):
    dependencies = [("journeys", "0004_whole_members")]

    operations = [
        migrations.CreateModel(
            name="EngineVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
    ]
