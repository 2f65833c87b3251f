from django.db import migrations

# Scores ask when the counterparts of referrals joined their companies, which are few events among many.
FORWARD = "CREATE INDEX event_company_joined ON event (member_id) WHERE name = 'company.joined'"
BACKWARD = "DROP INDEX event_company_joined"


class Migration(migrations.Migration):
    dependencies = [("events", "0004_recorded_ids")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
