from django.db import migrations

# Amounts in these currencies were stored in hundredths of their unit, and are now stored in thousandths.
CURRENCIES = "('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND')"
# The event log's trigger allows updates only during a purge. The affected days are rolled up again.
STATEMENTS = f"""
SELECT set_config('caravan.purge', 'on', true);
WITH changed AS (
  UPDATE event SET value_cents = value_cents {{change}} WHERE currency IN {CURRENCIES} AND value_cents IS NOT NULL
  RETURNING member_id, occurred_at)
INSERT INTO journeys_dirty (shard, member_id, day)
  SELECT DISTINCT member_id % 64, member_id, (occurred_at AT TIME ZONE 'UTC')::date
  FROM changed WHERE member_id IS NOT NULL;
SELECT set_config('caravan.purge', 'off', true);
UPDATE api_waitingevent SET event = jsonb_set(event, '{{{{value_cents}}}}', to_jsonb((event->>'value_cents')::bigint {{change}}))
  WHERE event->>'currency' IN {CURRENCIES} AND event->>'value_cents' IS NOT NULL;
UPDATE api_setaside SET item = jsonb_set(item, '{{{{value_cents}}}}', to_jsonb((item->>'value_cents')::bigint {{change}}))
  WHERE item->>'currency' IN {CURRENCIES} AND item->>'value_cents' IS NOT NULL;
"""  # noqa: S608  no value in it but the constants above
FORWARD = STATEMENTS.format(change="* 10")
BACKWARD = STATEMENTS.format(change="/ 10")


class Migration(migrations.Migration):
    """Store amounts in currencies with three decimals exactly."""

    dependencies = [("api", "0007_people"), ("events", "0006_custom_kinds"), ("journeys", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
