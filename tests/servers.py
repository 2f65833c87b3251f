"""The servers of a test process: embedded ones under var/test, unless the environment names others.

Each xdist worker has a PostgreSQL of its own. Followers wait for every transaction that is open in their
cluster, so a worker's long test would hold up what another worker's test is about to follow.
"""

import os

from community.runtime.embedded import BASE_DIR, Servers
from community.runtime.environment import is_served
from community.runtime.home import Home

HOME = Home(BASE_DIR / "var/test" / os.environ.get("PYTEST_XDIST_WORKER", "main"), durable=False)
# Said in the environment, because a worker inherits the addresses of the process that started it.
MARK = "TEST_SERVERS_ARE_EMBEDDED"
EMBEDDED = not is_served() or MARK in os.environ


def environment() -> dict[str, str]:
    """What the settings of this process need."""
    values = {"SECRET_KEY": "a-key-for-tests-only-of-a-length-that-will-do-for-django-and-us", "DEMO": "0"}
    values["STATIC_ROOT"] = str(HOME.root / "static")
    if EMBEDDED:
        values |= {
            MARK: "1",
            "DATABASE_URL": HOME.database_url,
            "REDIS_URL": HOME.redis_url(0),
            "QUEUE_URL": HOME.redis_url(1),
        }
    return values


def start() -> Servers | None:
    """Start the embedded servers, or join them when another run of this checkout has."""
    if not EMBEDDED:
        return None
    return Servers(HOME).__enter__()
