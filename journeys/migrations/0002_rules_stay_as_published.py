from django.db import migrations

CREATE = """
CREATE FUNCTION ruleset_stays_as_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (NEW.rules, NEW.version) IS DISTINCT FROM (OLD.rules, OLD.version) THEN
    RAISE EXCEPTION 'Rules that were published stay as they are: make a new version instead.';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ruleset_stays_as_published BEFORE UPDATE OR DELETE ON journeys_ruleset
  FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION ruleset_stays_as_published();
"""
DROP = """
DROP TRIGGER ruleset_stays_as_published ON journeys_ruleset;
DROP FUNCTION ruleset_stays_as_published;
"""


class Migration(migrations.Migration):
    dependencies = [("journeys", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
