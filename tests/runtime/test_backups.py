"""Backup and restore: each backup is made from the test database and restored into separate servers."""

import json
import random
import subprocess
import sys
import textwrap
import threading
import zipfile
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from community.events import registry
from community.events.models import DeadLetter, Event
from community.events.services import cursors
from community.members.models import Member
from community.members.services.profiles import set_avatar
from community.runtime import backups, postgres_tools
from community.runtime.embedded import BASE_DIR, Servers
from community.runtime.environment import variables
from community.runtime.home import Home
from tests.factories.members import MemberFactory
from tests.journeys.journey_fixtures import drain_all
from tests.journeys.random_lives import add_random_events
from tests.runtime.helpers import bare_environment
from tests.support import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def alone() -> None:
    """Close this process's other connection, which exists after Playwright and would block a restore."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "community.backup"


@pytest.fixture
def uploads():
    """Start and end without uploads, because the in-memory storage is not flushed with the database."""
    remove_uploads()
    yield
    remove_uploads()


def remove_uploads() -> None:
    for name in list(backups.stored_files()):
        default_storage.delete(name)


def manage(home: Home, *arguments: str, script: str = "", **environment: str) -> str:
    """Run a command on the servers of `home` and return its output; AssertionError when it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=bare_environment(**(variables(home) | environment)),
        input=textwrap.dedent(script),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def rewrite(source: Path, target: Path, **changes: object) -> None:
    """Copy a backup with changes to its manifest."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == backups.MANIFEST:
                content = json.dumps(json.loads(content) | changes).encode()
            new.writestr(name, content)


def note_as_seen(batch: list[Event]) -> None:
    """A follower that records each event under a unique key."""
    DeadLetter.objects.bulk_create(
        DeadLetter(follower="seen", event_id=event.event_id, occurred_at=event.occurred_at) for event in batch
    )


# The same follower in the restored community, which processes the old events and a new one.
FOLLOW_ON = """
from django.core.management import call_command
from django.db import transaction
from community.events import registry
from community.events.services import recording
from community.events.models import Cursor, DeadLetter, Event
from community.members.models import Member
from tests.runtime.test_backups import note_as_seen

print("events", Event.objects.count(), "seen", DeadLetter.objects.filter(follower="seen").count())
with transaction.atomic():  # before any follower has read the restored log
    recording.record("guidelines.accepted", actor=Member.objects.first(), subject=Member.objects.first(), key="new", version=1)
registry._registry["seen"] = registry.Follower("seen", None, note_as_seen, 50)
call_command("follow")
call_command("journeys_drain")
call_command("follow")
call_command("journeys_replay", "--check")
print("unseen", Event.objects.exclude(event_id__in=DeadLetter.objects.filter(follower="seen").values("event_id")).count())
print("failures", sum(Cursor.objects.values_list("failures", flat=True)))
print("avatars", *sorted(Member.objects.exclude(avatar="").values_list("avatar", flat=True)))
"""


@pytest.mark.usefixtures("uploads")
def test_backup_under_load_restores_a_consistent_snapshot(
    file: Path, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(registry._registry, "seen", registry.Follower("seen", None, note_as_seen, 50))
    members = [MemberFactory() for _ in range(5)]
    enough, stop = threading.Event(), threading.Event()

    def write() -> None:
        dice, rounds = random.Random(7), 0
        while not stop.is_set():
            add_random_events(dice, members, 5)
            set_avatar(dice.choice(members), f"picture {rounds}".encode())
            rounds += 1
            if rounds == 20:
                enough.set()

    def follow() -> None:
        while not stop.is_set():
            cursors.follow("seen")
            cursors.follow("journeys.mark")
            drain_all()

    workers = [in_thread(write), in_thread(follow)]
    try:
        assert enough.wait(60)
        written = Event.objects.count()
        call_command("backup", str(file))
        written_since = Event.objects.count() - written
    finally:
        stop.set()
        for worker in workers:
            worker.join()

    with Servers(home):
        restored = manage(home, "restore", str(file))
        answers = manage(home, "shell", "--no-imports", script=FOLLOW_ON)

    said = dict(line.split(" ", 1) for line in answers.splitlines() if " " in line)
    rows = read(file).rows
    assert written_since > 0
    assert f"Restored {sum(rows.values()):,} rows" in restored
    assert int(said["events"].split()[0]) == sum(
        n for table, n in rows.items() if table.startswith("public.event_2")
    )
    assert "No differences." in answers
    assert (said["unseen"], said["failures"]) == ("0", "0")
    stored = {str(path.relative_to(home.root / "media")) for path in (home.root / "media").rglob("*.*")}
    assert stored >= set(said["avatars"].split())
    assert len(said["avatars"].split()) > 1


def read(file: Path) -> backups.Manifest:
    with zipfile.ZipFile(file) as archive:
        return backups.read(archive)


def test_backup_file_is_private_and_not_overwritten(file: Path):
    call_command("backup", str(file))

    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(file))


def test_failed_backup_leaves_no_file(tmp_path: Path):
    with pytest.raises(CommandError, match=r"Cannot write .*: No such file or directory"):
        call_command("backup", str(tmp_path / "nowhere/file"))


def test_passwords_are_not_in_arguments(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "a secret")

    environment = postgres_tools.environment()

    assert environment["PGPASSWORD"] == "a secret"
    assert environment["PGDATABASE"] == connection.settings_dict["NAME"]


def test_restore_is_refused_into_a_database_that_is_not_empty(file: Path):
    call_command("backup", str(file))
    member = MemberFactory()

    with pytest.raises(CommandError, match=r"not empty: it has .* tables. .* add --replace"):
        call_command("restore", str(file))

    assert Member.objects.get() == member


def test_restore_is_refused_while_others_use_the_database(file: Path):
    call_command("backup", str(file))
    connected, may_go = threading.Event(), threading.Event()

    def stay() -> None:
        connection.ensure_connection()
        connected.set()
        may_go.wait(30)

    other = in_thread(stay)
    assert connected.wait(10)

    with pytest.raises(CommandError, match=r"in use .1 other"):
        call_command("restore", str(file), replace=True)

    may_go.set()
    other.join()


def damage(file: Path, part: float) -> None:
    content = bytearray(file.read_bytes())
    content[int(len(content) * part)] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize("part", [0.01, 0.5, 0.98])
def test_a_damaged_backup_is_refused_before_anything_changes(file: Path, part: float):
    call_command("backup", str(file))
    damage(file, part)
    member = MemberFactory()

    with pytest.raises(CommandError, match=r"damaged|cut short"):
        call_command("restore", str(file), replace=True)

    assert Member.objects.get() == member


@pytest.mark.parametrize("content", [b"", b"nothing of ours", None])
def test_other_files_are_refused(file: Path, content: bytes | None):
    if content is None:
        call_command("backup", str(file))
        content = file.read_bytes()[:-1000]
    file.write_bytes(content)

    with pytest.raises(CommandError, match="not a backup, or it was cut short"):
        call_command("restore", str(file), replace=True)


def test_a_backup_of_a_newer_version_is_refused(file: Path, tmp_path: Path):
    call_command("backup", str(file))
    newer = tmp_path / "newer"
    rewrite(file, newer, migrations=[["events", "9999_not_known_here"]])

    with pytest.raises(CommandError, match=r"newer version of Caravan .it has events 9999_not_known_here."):
        call_command("restore", str(newer), replace=True)


@pytest.mark.usefixtures("uploads")
def test_failed_restore_changes_nothing(file: Path, tmp_path: Path):
    default_storage.save("avatars/new.webp", ContentFile(b"of the backup"))
    call_command("backup", str(file))
    remove_uploads()
    default_storage.save("avatars/old.webp", ContentFile(b"of today"))
    member = MemberFactory()
    broken = tmp_path / "broken"
    rewrite(file, broken, rows={"public.members_member": 77})

    with pytest.raises(CommandError, match=r"nothing was changed: .*members_member is incomplete"):
        call_command("restore", str(broken), replace=True)

    assert Member.objects.get() == member
    assert list(backups.stored_files()) == ["avatars/old.webp"]


@pytest.fixture
def older_server(home: Home):
    """The URL of a PostgreSQL of an older major version, if the machine has one."""
    found = [folder for folder in postgres_tools.DEBIAN.glob("*/bin") if (folder / "initdb").exists()]
    if not found:
        pytest.skip("there is no PostgreSQL of another major version on this machine")
    home.prepare()
    folder = home.postgres / "older"
    options = {"user": home.server_user, "cwd": home.postgres, "check": True, "stdout": subprocess.DEVNULL}
    settings = f"-c listen_addresses= -c fsync=off -k {home.postgres}"
    initdb = [
        found[0] / "initdb",
        "-D",
        folder,
        "-U",
        "caravan",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
    ]
    subprocess.run(initdb, **options)
    control = [found[0] / "pg_ctl", "-D", folder, "-w", "-l", home.postgres / "older.log"]
    subprocess.run([*control, "-o", settings, "start"], **options)
    subprocess.run([found[0] / "createdb", "-h", home.postgres, "-U", "caravan", "caravan"], **options)
    yield f"postgres://caravan@/{home.postgres}/caravan"
    subprocess.run([*control, "-m", "immediate", "stop"], **options)


def test_a_backup_goes_from_one_major_version_of_postgresql_to_another(
    file: Path, home: Home, older_server: str, tmp_path: Path
):
    member = MemberFactory(username="well-travelled")
    call_command("backup", str(file))
    ask = ("shell", "--no-imports")
    script = "from community.members.models import Member; print(*Member.objects.values_list('username', flat=True))"

    with Servers(home):
        manage(home, "restore", str(file), DATABASE_URL=older_server)
        manage(home, "backup", str(tmp_path / "older"), DATABASE_URL=older_server)
        manage(home, "restore", str(tmp_path / "older"))

        assert manage(home, *ask, script=script).strip() == member.username
    assert (read(file).server_version, read(tmp_path / "older").server_version) == (
        18,
        15,
    )


def test_missing_tools_are_named():
    with pytest.raises(postgres_tools.ToolError, match="postgresql-client-99"):
        postgres_tools.find(99)
