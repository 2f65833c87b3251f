"""The servers of a test run: the embedded ones in var/test, unless the environment names others."""

import os
import re

from community.runtime.embedded import BASE_DIR, Servers
from community.runtime.environment import is_served
from community.runtime.home import Home

HOME = Home(BASE_DIR / "var/test", durable=False)
EMBEDDED = not is_served() or os.environ.get("DATABASE_URL") == HOME.database_url


def environment() -> dict[str, str]:
    """What the settings of this process need; each xdist worker has Redis databases of its own."""
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or -1) + 1
    values = {"SECRET_KEY": "a-key-for-tests-only-of-a-length-that-will-do-for-django-and-us", "DEMO": "0"}
    values["STATIC_ROOT"] = str(HOME.root / "static")
    if EMBEDDED:
        values |= {
            "DATABASE_URL": HOME.database_url,
            "REDIS_URL": HOME.redis_url(2 * worker),
            "QUEUE_URL": HOME.redis_url(2 * worker + 1),
        }
    return values


def start() -> Servers | None:
    """Start the embedded servers, or join them when another run of this checkout has."""
    if not EMBEDDED:
        return None
    return Servers(HOME).__enter__()
