from django.db import migrations

# SECURITY DEFINER: they run as the owner of the tables, so that an application role without ownership can use them.
# The fixed search_path prevents callers from shadowing tables.
FORWARD = """
CREATE FUNCTION event_add_month(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  partition text := to_char(month, '"event_"YYYY_MM');
  starts date := date_trunc('month', month);
BEGIN
  EXECUTE format('CREATE TABLE public.%I (LIKE public.event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
  EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.%I
                  FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_truncate()', partition);
  EXECUTE format('ALTER TABLE public.event ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                 partition, starts || ' 00:00+00', (starts + interval '1 month')::date || ' 00:00+00');
END $$;

CREATE OR REPLACE FUNCTION event_set_epoch(next integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('ALTER TABLE public.event ALTER COLUMN epoch SET DEFAULT %s', next);
END $$;

REVOKE EXECUTE ON FUNCTION event_add_month, event_set_epoch FROM PUBLIC;
"""
BACKWARD = """
DROP FUNCTION event_add_month;
CREATE OR REPLACE FUNCTION event_set_epoch(next integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE event ALTER COLUMN epoch SET DEFAULT %s', next);
END $$;
"""


class Migration(migrations.Migration):
    """Functions of the table's owner that add a partition or set the epoch of the event table."""

    dependencies = [("events", "0002_refuse_truncate")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
