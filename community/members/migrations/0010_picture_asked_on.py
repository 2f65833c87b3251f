from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0009_accepted_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="picture_asked_on",
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
    ]
