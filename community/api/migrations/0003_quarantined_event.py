from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0002_reword_help_texts"),
    ]

    operations = [
        migrations.AlterModelTable(name="SetAside", table="api_setaside"),
        migrations.RenameModel(old_name="SetAside", new_name="QuarantinedEvent"),
    ]
