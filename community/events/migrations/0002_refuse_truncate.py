from django.db import migrations

REFUSE = """
CREATE OR REPLACE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: it cannot be truncated.', TG_TABLE_NAME;
END $$;
"""
# Partitions need the trigger too: that of the partitioned table does not fire when a partition is truncated.
FORWARD = """
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
DO $$
DECLARE month regclass;
BEGIN
  FOR month IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'event'::regclass LOOP
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()', month);
  END LOOP;
END $$;
"""
BACKWARD = "DROP FUNCTION refuse_truncate CASCADE"


class Migration(migrations.Migration):
    """Refuse TRUNCATE on the event log, which row triggers do not see."""

    dependencies = [("events", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE + FORWARD, BACKWARD)]
