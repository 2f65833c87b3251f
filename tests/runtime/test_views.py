from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from community.runtime import heartbeat, readiness


@pytest.fixture
def unknown_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readiness as in a new process, which has not checked the migrations yet."""
    monkeypatch.setattr(readiness._Migrations, "complete", False)


@pytest.fixture
def worker_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "_last_write", 0.0)
    heartbeat.mark_worker_seen()


def test_health_answers_without_database_or_redis(client: Client, settings: Settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}

    response = client.get(reverse("runtime:health"))

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_health_refuses_post(client: Client):
    assert client.post(reverse("runtime:health")).status_code == 405


@pytest.mark.django_db
@pytest.mark.usefixtures("unknown_migrations", "worker_seen")
def test_ready_when_every_part_works(client: Client):
    response = client.get(reverse("runtime:ready"))

    assert response.status_code == 200
    assert response.json() == {
        "database": "ok",
        "migrations": "ok",
        "redis": "ok",
        "worker": "ok",
        "disk": "ok",
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("worker_seen")
def test_ready_is_never_stored(client: Client):
    assert "no-store" in client.get(reverse("runtime:ready"))["Cache-Control"]


@pytest.mark.django_db
def test_ready_not_without_a_worker(client: Client):
    response = client.get(reverse("runtime:ready"))

    assert response.status_code == 503
    assert response.json()["worker"] == "no worker was seen in the last minute"


@pytest.mark.django_db
@pytest.mark.usefixtures("unknown_migrations", "worker_seen")
def test_ready_not_before_migrations_are_applied(client: Client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'members'")

    response = client.get(reverse("runtime:ready"))

    assert response.status_code == 503
    assert response.json()["migrations"].endswith("not applied; run manage.py migrate")


@pytest.mark.django_db
def test_ready_not_without_redis(client: Client, settings: Settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}

    response = client.get(reverse("runtime:ready"))

    assert response.status_code == 503
    assert response.json()["redis"] == "Redis does not answer"
    assert response.json()["worker"] == "unknown: Redis does not answer"


@pytest.mark.django_db
@pytest.mark.usefixtures("unknown_migrations", "worker_seen")
def test_ready_not_without_database(client: Client):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '100ms'")
        cursor.execute("SAVEPOINT before")
        with pytest.raises(Exception, match="timeout"):
            cursor.execute("SELECT pg_sleep(5)")

        response = client.get(reverse("runtime:ready"))

        cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert response.status_code == 503
    assert response.json()["database"] == "the database does not answer"
    assert response.json()["migrations"] == "unknown: the database does not answer"


def test_heartbeat_writes_at_most_every_ten_seconds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(heartbeat, "_last_write", 0.0)
    heartbeat.mark_worker_seen()
    heartbeat.cache.delete(heartbeat.KEY)

    heartbeat.mark_worker_seen()

    assert heartbeat.worker_was_seen() is False


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "::1", ""])
def test_metrics_are_shown_to_the_private_network(client: Client, address: str):
    response = client.get(reverse("runtime:metrics"), REMOTE_ADDR=address)

    assert response.status_code == 200
    assert b"django_http_requests" in response.content


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "nonsense"])
def test_metrics_are_refused_to_others(client: Client, address: str):
    assert client.get(reverse("runtime:metrics"), REMOTE_ADDR=address).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_metrics_are_refused_through_a_proxy(client: Client, header: str):
    response = client.get(reverse("runtime:metrics"), headers={header: "10.0.0.1"})

    assert response.status_code == 403


def test_metrics_with_a_token_are_allowed_from_anywhere(client: Client, settings: Settings):
    settings.METRICS_TOKEN = "open sesame"

    response = client.get(
        reverse("runtime:metrics"),
        REMOTE_ADDR="93.184.216.34",
        headers={"Authorization": "Bearer open sesame"},
    )

    assert response.status_code == 200


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", "Bearer öpen", "Basic open sesame"])
def test_metrics_with_a_token_are_refused_without_it(client: Client, settings: Settings, sent: str):
    settings.METRICS_TOKEN = "open sesame"

    response = client.get(reverse("runtime:metrics"), headers={"Authorization": sent})

    assert response.status_code == 403


def test_upload_is_served_sandboxed(client: Client):
    default_storage.save("avatars/face.png", ContentFile(b"picture"))

    response = client.get("/media/avatars/face.png")

    assert b"".join(response) == b"picture"  # type: ignore[attr-defined]
    assert response["Content-Type"] == "image/png"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["missing.png", "avatars"])
def test_missing_upload_is_404(client: Client, path: str):
    default_storage.save("avatars/other.png", ContentFile(b"picture"))

    assert client.get(f"/media/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "../settings.py",
        "%2e%2e/%2e%2e/etc/passwd",
        "%2e%2e%2fx",
        "..%5cx",
        "a\\b",
        "/etc/passwd",
        "%2fetc/passwd",
        "a%00b",
        "%ff%fe",
        "%ED%A0%80",
        "%0a",
        ".",
        "avatars/",
        "avatars/face.png/x",
        "9" * 300,
        "9/" * 3000,
    ],
)
def test_odd_address_is_404_and_logs_no_error(
    client: Client, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str
):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    }
    default_storage.save("avatars/face.png", ContentFile(b"picture"))

    response = client.get(f"/media/{path}")

    assert response.status_code == 404
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_upload_on_a_broken_disk_is_an_error(client: Client, settings: Settings, tmp_path: Path):
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    }
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(OSError, match="symbolic links"):
        client.get("/media/loop")
