"""Every error under /api/ is JSON, whichever layer rejects the request."""

import pytest
from django.test import Client

from community.api.services import ingestion
from tests.api.conftest import purchase
from tests.factories.api import make_token

pytestmark = pytest.mark.django_db
PURCHASES = "/api/v1/purchases"

REQUESTS = [
    ("GET", "/api/v1/nothing", {}, 404, "There is no endpoint at this URL. GET /api/v1/openapi.json lists"),
    ("GET", "/api", {}, 404, "There is no endpoint at this URL."),
    ("GET", "/api/", {}, 404, "There is no endpoint at this URL."),
    ("GET", "/api/v2/purchases", {}, 404, "There is no endpoint at this URL."),
    (
        "POST",
        f"{PURCHASES}/",
        {},
        404,
        f"There is no endpoint at this URL. Remove the trailing slash: {PURCHASES}",
    ),
    ("GET", PURCHASES, {}, 405, "GET is not allowed here. Use POST."),
    ("PUT", "/api/v1/events", {}, 405, "PUT is not allowed here. Use POST."),
    ("DELETE", PURCHASES, {}, 405, "DELETE is not allowed here. Use POST."),
    ("OPTIONS", PURCHASES, {}, 405, "OPTIONS is not allowed here. Use POST."),
    ("POST", PURCHASES, {}, 401, "The token is missing or invalid."),
    ("POST", PURCHASES, {"HTTP_HOST": "evil.example"}, 400, "The server could not read this request."),
    ("POST", PURCHASES, {"HTTP_HOST": "a b"}, 400, "The server could not read this request."),
    ("GET", "/api/v1/%00", {}, 404, "There is no endpoint at this URL."),
    ("GET", "/api/v1/%ff", {}, 404, "There is no endpoint at this URL."),
    ("GET", "/api/v1/docs", {"HTTP_SEC_FETCH_DEST": "image"}, 404, "There is no endpoint at this URL."),
]


@pytest.mark.parametrize(("method", "path", "extra", "status", "says"), REQUESTS)
def test_errors_are_json(settings, method, path, extra, status, says):
    settings.ALLOWED_HOSTS = ["testserver"]

    response = Client(raise_request_exception=False).generic(method, path, "{}", "application/json", **extra)

    assert response.status_code == status
    assert response["Content-Type"].startswith("application/json")
    assert response.json().keys() == {"detail"}
    assert response.json()["detail"].startswith(says)
    assert status != 405 or response["Allow"] == "POST"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", "a=b"),
        ("multipart/form-data; boundary=x", "--x\r\n"),
        ("multipart/form-data", "--x\r\n"),
        ("application/json; charset=klingon", '{"purchases": "\xe9"'),
        ("application/json; charset=utf-16", "{}"),
        ("", "\xff\xfe"),
        ("text/plain", "[" * 5000),
    ],
)
def test_bodies_that_are_not_json_get_json(content_type, body):
    _, secret = make_token()

    response = Client(raise_request_exception=False).generic(
        "POST", PURCHASES, body, content_type, headers={"authorization": f"Bearer {secret}"}
    )

    assert response.status_code in (400, 415, 422)
    assert response.json().keys() == {"detail"}


def test_a_server_error_is_json_and_stores_nothing(monkeypatch):
    def fail(*args):
        raise RuntimeError

    monkeypatch.setattr(ingestion, "_save", fail)
    _, secret = make_token()

    response = Client(raise_request_exception=False).post(
        PURCHASES,
        {"purchases": [purchase()]},
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}"},
    )

    assert (response.status_code, response["Content-Type"]) == (500, "application/json")
    assert response.json()["detail"].startswith("Something went wrong on our side and nothing was saved.")
    assert not ingestion.EventKey.objects.exists()


def test_pages_keep_their_own_errors():
    assert Client().get("/apis/")["Content-Type"].startswith("text/html")
