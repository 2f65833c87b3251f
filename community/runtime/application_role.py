"""The role that web, worker and beat connect as: it owns nothing, so it can neither drop nor empty a table."""

from __future__ import annotations

from typing import Any

import environ
from django.db import connection, transaction
from psycopg import sql

# What each statement may name: the role, the database.
STATEMENTS = (
    "ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",  # PostgreSQL 14 and older let everybody
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    # Of tables made later: months of the event log, and what migrations add.
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    "GRANT EXECUTE ON FUNCTION event_add_month, event_set_epoch TO {role}",
    "REVOKE UPDATE, DELETE ON moderation_auditentry FROM {role}",
    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
)
# An import refreshes the planner's statistics of its own table.
MAINTAIN = "GRANT MAINTAIN ON importers_stagedrow TO {role}"


def ensure(url: str) -> None:
    """Make the role that the database address `url` names, or bring it up to date; doing it again changes nothing.

    Only somebody who may create roles can; the tables are those of whoever we are connected as.
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
        version, there = cursor.fetchone()
        if not there:
            _execute(cursor, "CREATE ROLE {role}", role)
        _set_password(cursor, role, password)
        for statement in (*STATEMENTS, *([MAINTAIN] if version >= 170_000 else [])):
            _execute(cursor, statement, role)


def _execute(cursor: Any, statement: str, role: str) -> None:
    database = sql.Identifier(connection.settings_dict["NAME"])
    cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role), database=database))


def _set_password(cursor: Any, role: str, password: str) -> None:
    """Hand the server the password's digest: statements end up in logs."""
    pgconn = connection.connection.pgconn
    digest = pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(digest))
    cursor.execute(statement)
