"""Django's PostgreSQL backend, with a health check that asks the kernel instead of the server."""

from __future__ import annotations

from select import POLLIN, poll

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Return whether the connection works.

        An idle server sends nothing but its goodbye, so a connection with nothing to read is open. `SELECT 1` would
        be one more round trip per request. After an error, and when there is something to read, the server is asked.
        """
        if self.connection is None or self.errors_occurred or self.connection.closed:
            return super().is_usable()
        waiting = poll()
        waiting.register(self.connection.fileno(), POLLIN)
        return super().is_usable() if waiting.poll(0) else True
