from django.db import migrations, models

FORWARD = """
CREATE FUNCTION api_note_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO api_identitychange (member_id) VALUES (
    CASE TG_TABLE_NAME WHEN 'account_emailaddress' THEN (to_jsonb(NEW)->>'user_id')::bigint
                       WHEN 'api_externalid' THEN (to_jsonb(NEW)->>'member_id')::bigint
                       ELSE (to_jsonb(NEW)->>'id')::bigint END);
  RETURN NULL;
END $$;
CREATE FUNCTION api_note_company() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO api_identitychange (company_id) VALUES (NEW.id);
  RETURN NULL;
END $$;

CREATE TRIGGER api_address_added AFTER INSERT ON account_emailaddress
  FOR EACH ROW WHEN (NEW.verified) EXECUTE FUNCTION api_note_member();
CREATE TRIGGER api_address_changed AFTER UPDATE OF email, verified, user_id ON account_emailaddress
  FOR EACH ROW WHEN (NEW.verified AND (NEW.email, NEW.verified, NEW.user_id)
                                      IS DISTINCT FROM (OLD.email, OLD.verified, OLD.user_id))
  EXECUTE FUNCTION api_note_member();
CREATE TRIGGER api_external_id_added AFTER INSERT OR UPDATE ON api_externalid
  FOR EACH ROW EXECUTE FUNCTION api_note_member();
CREATE TRIGGER api_member_reactivated AFTER UPDATE OF is_active ON members_member
  FOR EACH ROW WHEN (NEW.is_active AND NOT OLD.is_active) EXECUTE FUNCTION api_note_member();
CREATE TRIGGER api_company_added AFTER INSERT ON members_company
  FOR EACH ROW WHEN (NEW.external_id <> '' OR NEW.verified_domains <> '{}') EXECUTE FUNCTION api_note_company();
CREATE TRIGGER api_company_changed AFTER UPDATE OF external_id, verified_domains ON members_company
  FOR EACH ROW WHEN ((NEW.external_id, NEW.verified_domains) IS DISTINCT FROM (OLD.external_id, OLD.verified_domains))
  EXECUTE FUNCTION api_note_company();
"""
BACKWARD = "DROP FUNCTION api_note_member, api_note_company CASCADE"


class Migration(migrations.Migration):
    """Record whose address, external ID or domain is new, so that their waiting events are found by index."""

    dependencies = [
        ("api", "0004_versions_of_facts"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("members", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            "IdentityChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("member_id", models.BigIntegerField(null=True)),
                ("company_id", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
