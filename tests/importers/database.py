"""All rows of the database, for comparing before and after."""

from django.db import connection

# Cursors, caches and the log of staff actions, which are meant to change.
NOT_COMPARED = {
    "audit_entry",
    "events_cursor",
    "events_log",
    "importers_importbatch",
    "journeys_storednumbers",
    "moderation_auditentry",
}
_TABLES = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
ORDER BY relname
"""
# When and under which id a row was recomputed does not matter.
_ROWS = "SELECT (to_jsonb(t) - '{{recorded_at,as_of,moved_at}}'::text[])::text FROM {table} t ORDER BY 1"


def rows_of_all_tables() -> dict[str, list[str]]:
    """Return every row of every table as text, without empty tables."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = [table for (table,) in cursor.fetchall() if table not in NOT_COMPARED]
        found = {}
        for table in tables:
            cursor.execute(_ROWS.format(table=connection.ops.quote_name(table)))
            found[table] = [row for (row,) in cursor.fetchall()]
    return {table: rows for table, rows in found.items() if rows}
