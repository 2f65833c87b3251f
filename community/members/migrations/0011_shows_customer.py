from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0010_picture_asked_on"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="shows_customer",
            field=models.BooleanField(
                default=False,
                help_text="Show to everyone, beside their posts, that this member is a customer.",
            ),
        ),
    ]
