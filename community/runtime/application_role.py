"""The database role of web, worker and beat: it owns nothing, so it can neither drop nor truncate tables."""

from __future__ import annotations

from typing import Any

import environ
from django.db import connection, transaction
from psycopg import sql

# The statements may use the placeholders {role} and {database}.
STATEMENTS = (
    "ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",  # PostgreSQL 14 and older let everybody
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    # For tables created later: partitions of the event log, and migrations.
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    "GRANT EXECUTE ON FUNCTION event_add_month, event_set_epoch TO {role}",
    "REVOKE UPDATE, DELETE ON moderation_auditentry FROM {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
)
# Imports run ANALYZE on their table.
MAINTAIN = "GRANT MAINTAIN ON importers_stagedrow TO {role}"


def ensure(url: str) -> None:
    """Create or update the role that the database URL names; idempotent.

    Must be called as the owner of the tables, with the right to create roles.
    """
    address = environ.Env.db_url_config(url)
    role, password = address["USER"], address["PASSWORD"]
    if role == connection.settings_dict["USER"]:
        raise ValueError(f"APP_DATABASE_URL uses {role}, which owns the tables. Use a different role.")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)",
            [role],
        )
        version, exists = cursor.fetchone()
        if not exists:
            _execute(cursor, "CREATE ROLE {role}", role)
        _set_password(cursor, role, password)
        for statement in (*STATEMENTS, *([MAINTAIN] if version >= 170_000 else [])):
            _execute(cursor, statement, role)


def _execute(cursor: Any, statement: str, role: str) -> None:
    database = sql.Identifier(connection.settings_dict["NAME"])
    cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role), database=database))


def _set_password(cursor: Any, role: str, password: str) -> None:
    """Set the password by its SCRAM verifier, because statements end up in logs."""
    pgconn = connection.connection.pgconn
    digest = pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(digest))
    cursor.execute(statement)
