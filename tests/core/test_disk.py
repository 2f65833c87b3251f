"""The site is read-only when the disk is nearly full, simulated by a reserve larger than any disk."""

import errno
from io import StringIO

import pytest
from celery.exceptions import Ignore
from django.core.management import CommandError
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from community.core import disk
from community.events.tasks import sweep
from community.importers.progress import ConsoleProgress
from tests.factories.forum import TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

MORE_THAN_THERE_IS = 2**40  # MB


@pytest.fixture(autouse=True)
def nothing_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk._State, "checked_at", float("-inf"))
    monkeypatch.setattr(disk._State, "full_until", float("-inf"))


@pytest.fixture
def low(settings) -> None:
    settings.DISK_RESERVE_MB = MORE_THAN_THERE_IS


def write(client: Client, **headers: str):
    return client.post(reverse("account_signup"), {"email": "a@example.com"}, **headers)


def test_writes_are_allowed_while_there_is_space(client: Client):
    assert write(client).status_code == 200  # the form again, with errors


@pytest.mark.usefixtures("low")
@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}])
def test_writes_are_refused_while_the_disk_is_low(client: Client, headers: dict[str, str]):
    response = write(client, **headers)

    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert "<p data-error-sentence>This was not saved. The site" in response.text


@pytest.mark.usefixtures("low")
def test_the_api_refuses_writes_in_its_own_format(client: Client):
    response = client.post("/api/v1/events", {}, content_type="application/json")

    assert response.status_code == 503
    assert response.json()["detail"].startswith("This was not saved")


@pytest.mark.usefixtures("low")
def test_reading_and_logging_in_work_while_the_disk_is_low(client: Client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    topic = TopicFactory()
    member = MemberFactory(password="a long password")

    answer = client.post(reverse("account_login"), {"login": member.email, "password": "a long password"})
    pages = [client.get(address).status_code for address in ("/", topic.get_absolute_url(), "/search/?q=a")]

    assert (answer.status_code, pages) == (302, [200, 200, 200])
    assert client.session["_auth_user_id"] == str(member.pk)


def test_writes_are_allowed_again_once_there_is_space(client: Client, settings):
    settings.DISK_RESERVE_MB, reserve = MORE_THAN_THERE_IS, settings.DISK_RESERVE_MB
    refused = write(client).status_code
    settings.DISK_RESERVE_MB = reserve
    disk._State.checked_at = float("-inf")  # as if some seconds had passed

    assert (refused, write(client).status_code) == (503, 200)


def test_the_disk_is_checked_periodically(settings):
    assert disk.is_low() is False
    settings.DISK_RESERVE_MB = MORE_THAN_THERE_IS

    assert disk.is_low() is False


def test_a_missing_folder_has_the_free_space_of_its_disk(settings, tmp_path):
    settings.DISK_FOLDERS = [str(tmp_path / "not/yet")]

    assert 0 < disk.free_bytes() < 2**63


@pytest.fixture
def full_database() -> None:
    """Make PostgreSQL report a full disk for every new member."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.full() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE disk_full USING MESSAGE = 'No space left on device'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER disk_is_full BEFORE INSERT ON members_member FOR EACH ROW EXECUTE FUNCTION pg_temp.full()"
        )


@pytest.mark.usefixtures("full_database")
def test_a_full_disk_of_the_database_makes_the_site_read_only(client: Client):
    form = {"display_name": "Ada", "email": "ada@acme.example", "username": "ada"}
    form |= {"password1": "a quiet morning with coffee", "guidelines": "on"}

    responses = [client.post(reverse("account_signup"), form), write(client)]

    assert [response.status_code for response in responses] == [503, 503]
    assert disk.is_low() is True


def test_other_database_errors_are_not_treated_as_a_full_disk():
    middleware = disk.ReadOnlyWhenLow(lambda request: None)
    request = RequestFactory().post("/")

    assert middleware.process_exception(request, OSError(errno.EACCES, "no")) is None
    assert middleware.process_exception(request, OSError(errno.ENOSPC, "full")).status_code == 503


@pytest.mark.usefixtures("low")
def test_tasks_wait_for_space():
    with pytest.raises(Ignore):
        sweep()


@pytest.mark.usefixtures("low")
def test_an_import_stops_with_a_message():
    with pytest.raises(CommandError, match=r"MB of disk are free. Make room, then run this again"):
        ConsoleProgress(StringIO()).advance(1)


@pytest.mark.usefixtures("low")
def test_ready_reports_the_low_disk_and_stays_ready(client: Client):
    assert client.get(reverse("runtime:ready")).json()["disk"] == "nearly full: the site is read-only"


def test_metrics_are_kept_in_memory():
    assert disk.metrics_folder().exists()
    assert str(disk.metrics_folder()) in ("/dev/shm", "/tmp")
