from django.db import migrations

FORWARD = """
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON moderation_auditentry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
"""
BACKWARD = "DROP TRIGGER refuse_truncate ON moderation_auditentry"


class Migration(migrations.Migration):
    """Refuse to empty the audit log; row triggers do not see a TRUNCATE."""

    dependencies = [("moderation", "0002_audit_append_only"), ("events", "0002_refuse_truncate")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
