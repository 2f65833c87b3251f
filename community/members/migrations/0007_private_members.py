from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0006_company_by_choice"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="is_private",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
