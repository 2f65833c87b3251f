"""PostgreSQL, made quick for tests that commit: their rows are deleted, and the migrations' rows put back.

Django empties the tables by TRUNCATE, which makes the files of all tables and indexes anew, and saves the rows
one by one.
"""

from collections.abc import Iterator

from django.db.backends.postgresql import creation, operations
from django.db.transaction import atomic

from community.core.postgresql import base

COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


class DatabaseCreation(creation.DatabaseCreation):
    def serialize_db_to_string(self) -> str:
        """Return the SQL that puts all rows back."""
        tables = self.connection.introspection.django_table_names(only_existing=True, include_views=False)
        with self.connection.cursor() as cursor:
            return ";\n".join(self._inserts(cursor, tables))

    def _inserts(self, cursor, tables: list[str]) -> Iterator[str]:
        for table in map(self.connection.ops.quote_name, sorted(tables)):
            cursor.execute(f"SELECT json_agg(kept)::text FROM {table} kept")
            rows = cursor.fetchone()[0]
            if rows:
                cursor.execute(COLUMNS, [table])
                columns = cursor.fetchone()[0]
                # The first test that commits finds the rows in place.
                yield (
                    f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} "
                    f"FROM json_populate_recordset(NULL::{table}, $rows${rows}$rows$) ON CONFLICT DO NOTHING"
                )

    def deserialize_db_from_string(self, data: str) -> None:
        with atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            cursor.execute(_block(data))


class DatabaseOperations(operations.DatabaseOperations):
    def sql_flush(self, style, tables, *, reset_sequences=False, allow_cascade=False) -> list[str]:
        """Delete all rows. As with TRUNCATE, other transactions end first, and no trigger is asked."""
        names = [self.quote_name(table) for table in tables]
        return [
            _block(
                f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE",
                "SET LOCAL session_replication_role = replica",
                *(f"DELETE FROM {name}" for name in names),
                "SET LOCAL session_replication_role = origin",
            )
        ]


class DatabaseWrapper(base.DatabaseWrapper):
    creation_class = DatabaseCreation
    ops_class = DatabaseOperations


def _block(*statements: str) -> str:
    """Several statements as one, which psycopg may prepare."""
    return f"DO $block$ BEGIN\n{';'.join(statements)};\nEND $block$"
