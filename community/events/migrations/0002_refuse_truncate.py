from django.db import migrations

REFUSE = """
CREATE OR REPLACE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: it cannot be truncated.', TG_TABLE_NAME;
END $$;
"""
# A partition's own trigger is needed too: the one of the whole table does not fire when a month is truncated.
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
    """Refuse to empty the event log; row triggers do not see a TRUNCATE."""

    dependencies = [("events", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE + FORWARD, BACKWARD)]
