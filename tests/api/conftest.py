import io
import json

import pytest
from django.core.management import call_command
from django.test import Client

from tests.factories.api import make_token
from tests.importers.conftest import drained  # noqa: F401


@pytest.fixture
def call(db):
    """POST to the API with a token that has every scope; returns (status, body)."""

    def post(path: str, body: object, *, secret: str | None = None, raw: bool = False):
        headers = {"authorization": f"Bearer {secret if secret is not None else make_token()[1]}"}
        data = body if raw else json.dumps(body)
        response = Client().post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)
        return response.status_code, response.json()

    return post


@pytest.fixture
def run(db, tmp_path):
    """Import a purchase file; return what the command prints."""

    def import_file(content: str | bytes, *options: str, name: str = "orders.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        out = io.StringIO()
        call_command("import_purchases", str(path), *options, stdout=out)
        return out.getvalue()

    return import_file


SOMEONE = {"email": "someone@example.net"}


def purchase(number: object = 1, **fields: object) -> dict[str, object]:
    who = {} if "account" in fields else {"buyer": SOMEONE}
    return {
        "external_id": f"order-{number}",
        "occurred_at": "2026-03-01T12:00:00Z",
        "amount": "129.00",
        "currency": "EUR",
        **who,
        **fields,
    }


def event(number: object = 1, **fields: object) -> dict[str, object]:
    who = {} if "account" in fields else {"member": SOMEONE}
    return {
        "id": f"call-{number}",
        "name": "call.logged",
        "occurred_at": "2026-03-01T12:00:00Z",
        **who,
        **fields,
    }


def statuses(body: dict) -> list[str]:
    return [result["status"] for result in body["results"]]
