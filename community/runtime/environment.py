"""The default environment for the embedded servers, used when DATABASE_URL is not set."""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from community.runtime.embedded import BASE_DIR, Servers
from community.runtime.home import Home, HomeError
from community.runtime.stack import ELSEWHERE, find_running

# Commands without database access. For all others, the servers run as long as the command does.
WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "startapp",
    "up",  # opens the servers itself
    "version",
}
CHECK_MIGRATIONS = ["makemigrations", "--check"]


def is_served() -> bool:
    """Whether external servers are configured, so that no embedded ones may start."""
    return "DATABASE_URL" in os.environ


def default_data() -> Path:
    """Return the data folder: CARAVAN_DATA, that of the running stack (`up --data`), or var/."""
    if "CARAVAN_DATA" in os.environ:
        return Path(os.environ["CARAVAN_DATA"]).resolve()
    with contextlib.suppress(OSError):
        elsewhere = Path(ELSEWHERE.read_text())
        if find_running(elsewhere):
            return elsewhere
    return BASE_DIR / "var"


def variables(home: Home) -> dict[str, str]:
    """Return the environment with which `community.settings` uses the servers of `home`, for local use only."""
    return {
        "DATABASE_URL": home.database_url,
        "REDIS_URL": home.redis_url(0),
        "QUEUE_URL": home.redis_url(1),
        "SECRET_KEY": _secret_key(home),
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "INSECURE_HTTP": "1",
        "LOG_FORMAT": "console",
        "EMAIL_VERIFICATION": "optional",
        "STATIC_ROOT": str(home.root / "static"),
        "MEDIA_ROOT": str(home.root / "media"),
        "CARAVAN_DATA": str(home.root),
        "DISK_FOLDERS": f"{home.root},{home.postgres}",
    }


def apply(home: Home) -> None:
    """Set the variables in os.environ, except those that are set already."""
    for name, value in variables(home).items():
        os.environ.setdefault(name, value)


@contextlib.contextmanager
def for_command(arguments: list[str]) -> Iterator[None]:
    """Provide the embedded servers and environment for `manage.py` with these arguments, where needed."""
    if is_served():
        yield
        return
    home = Home(_named_data(arguments) or default_data())
    try:
        apply(home)
        with Servers(home) if needs_database(arguments) else contextlib.nullcontext():
            yield
    except HomeError as error:
        sys.exit(f"{error}")


def needs_database(arguments: list[str]) -> bool:
    reads_nothing = {"--help", "-h", "--version"} & set(arguments) or arguments[:2] == CHECK_MIGRATIONS
    return bool(arguments) and arguments[0] not in WITHOUT_DATABASE and not reads_nothing


def _named_data(arguments: list[str]) -> Path | None:
    """Return the folder of `up --data DIR`; parsed here because it is needed before Django can load."""
    if arguments[:1] != ["up"]:
        return None
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--data", type=Path)
    data: Path | None = parser.parse_known_args(arguments[1:])[0].data
    return data.resolve() if data else None


def _secret_key(home: Home) -> str:
    """Return the secret key of this folder; generated once."""
    path = home.root / "secret_key"
    with contextlib.suppress(FileNotFoundError):
        return path.read_text()
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    except OSError as error:
        raise HomeError(f"Cannot write to {home.root} ({error.strerror}); set CARAVAN_DATA.") from error
    key = secrets.token_urlsafe(50)
    os.write(descriptor, key.encode())
    os.close(descriptor)
    return key
