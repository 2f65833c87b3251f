from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0008_previous_visits"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="accepted_answers",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
    ]
