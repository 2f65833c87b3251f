from django.db import migrations, models

# In one transaction, and the triggers first: they block writers until the ids of all events are in. The primary key last:
# building an index is faster than maintaining it. If an event was stored twice, the first row keeps the id.
FORWARD = """
CREATE TABLE events_recordedid (event_id uuid NOT NULL, occurred_at timestamptz NOT NULL);

CREATE FUNCTION event_release_ids() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM events_recordedid recorded USING deleted
  WHERE recorded.event_id = deleted.event_id AND recorded.occurred_at = deleted.occurred_at;
  RETURN NULL;
END $$;
CREATE FUNCTION event_claim_ids() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO events_recordedid SELECT event_id, occurred_at FROM added ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER event_claim_ids AFTER INSERT ON event REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION event_claim_ids();
CREATE TRIGGER event_release_ids AFTER DELETE ON event REFERENCING OLD TABLE AS deleted
  FOR EACH STATEMENT EXECUTE FUNCTION event_release_ids();

INSERT INTO events_recordedid
SELECT DISTINCT ON (event_id) event_id, occurred_at FROM event ORDER BY event_id, epoch, xid, seq;
ALTER TABLE events_recordedid ADD PRIMARY KEY (event_id);
"""
BACKWARD = """
DROP TRIGGER event_claim_ids ON event;
DROP TRIGGER event_release_ids ON event;
DROP FUNCTION event_claim_ids, event_release_ids;
DROP TABLE events_recordedid;
"""


class Migration(migrations.Migration):
    """The ids of all events in one table, because the key of the partitioned table includes the time."""

    dependencies = [("events", "0003_owners_functions")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARD, BACKWARD)],
            state_operations=[
                migrations.CreateModel(
                    name="RecordedId",
                    fields=[
                        ("event_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("occurred_at", models.DateTimeField()),
                    ],
                ),
            ],
        ),
    ]
