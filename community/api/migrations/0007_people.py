import django.contrib.postgres.fields
from django.db import migrations, models

FORWARD = """
CREATE OR REPLACE FUNCTION api_note_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO api_identitychange (member_id) VALUES (
    CASE TG_TABLE_NAME WHEN 'account_emailaddress' THEN (to_jsonb(NEW)->>'user_id')::bigint
                       WHEN 'members_member' THEN (to_jsonb(NEW)->>'id')::bigint
                       ELSE (to_jsonb(NEW)->>'member_id')::bigint END);
  RETURN NULL;
END $$;
CREATE TRIGGER api_invitation_added AFTER INSERT ON members_invitation
  FOR EACH ROW EXECUTE FUNCTION api_note_member();
"""
BACKWARD = "DROP TRIGGER api_invitation_added ON members_invitation"


class Migration(migrations.Migration):
    """Let other systems add people, and match events waiting for an invited address to the person invited."""

    dependencies = [("api", "0006_index_waiting_events"), ("members", "0001_initial")]

    operations = [
        migrations.AlterField(
            "apitoken",
            "scopes",
            django.contrib.postgres.fields.ArrayField(
                models.CharField(
                    choices=[
                        ("events:write", "Send events"),
                        ("purchases:write", "Send purchases and other commercial events"),
                        ("people:write", "Add people and their IDs"),
                    ],
                    max_length=20,
                ),
                default=list,
                size=None,
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
