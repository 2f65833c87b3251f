import json

import pytest
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


def purchase(number: object = 1, **fields: object) -> dict[str, object]:
    return {
        "external_id": f"order-{number}",
        "occurred_at": "2026-03-01T12:00:00Z",
        "amount": "129.00",
        "currency": "EUR",
        **fields,
    }


def event(number: object = 1, **fields: object) -> dict[str, object]:
    return {"id": f"call-{number}", "name": "call.logged", "occurred_at": "2026-03-01T12:00:00Z", **fields}


def statuses(body: dict) -> list[str]:
    return [result["status"] for result in body["results"]]
