from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0007_private_members"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="previous_visit_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
