from django.db import migrations, models


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
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(pk=1), name="one_engine_version")],
            },
        ),
    ]
