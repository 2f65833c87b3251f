"""The HTTP API, version 1. Errors have the form {"detail": "A sentence."}."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from community.core.rate_limits import RateLimited, set_retry_after

from .auth import Bearer
from .models import ApiToken
from .schemas import MAX_ITEMS, EventKinds, EventsIn, PeopleIn, Problem, PurchasesIn, Result, Results
from .services import event_kinds as kinds
from .services import ingestion, parsers, people, retries

api = NinjaAPI(
    title="Caravan",
    version="1",
    urls_namespace="api",
    description="Send purchases, calls, webinars, tickets and other events from your systems to the community. "
    "It is safe to send an item again: the same ID counts only once.",
)
PROBLEMS = dict.fromkeys((400, 401, 403, 413, 422, 429), Problem)


@api.post(
    "/purchases",
    auth=Bearer(ApiToken.Scope.PURCHASES),
    response={200: Results, **PROBLEMS},
    tags=["purchases"],
)
def purchases_create(request: HttpRequest, body: PurchasesIn) -> dict[str, Any]:
    """Send up to 500 purchases. Purchases by people who are not members wait until they join."""
    _check_length(body.purchases)
    return _ingest(parsers.parse_purchases(body.purchases, source=_token(request).source))


@api.post("/events", auth=Bearer(ApiToken.Scope.EVENTS), response={200: Results, **PROBLEMS}, tags=["events"])
def events_create(request: HttpRequest, body: EventsIn) -> dict[str, Any]:
    """Send up to 500 events that happened outside the community, named as in the event catalogue."""
    _check_length(body.events)
    token = _token(request)
    commercial = ApiToken.Scope.PURCHASES in token.scopes
    return _ingest(parsers.parse_events(body.events, source=token.source, commercial=commercial))


@api.post("/people", auth=Bearer(ApiToken.Scope.PEOPLE), response={200: Results, **PROBLEMS}, tags=["people"])
def people_create(request: HttpRequest, body: PeopleIn) -> dict[str, Any]:
    """Send up to 500 people. Members are linked to your IDs; anyone else becomes a member who cannot log in until invited."""
    _check_length(body.people)
    persons, source = people.parse(body.people), _token(request).source
    return _listed(retries.on_deadlock(lambda: people.save(persons, source=source)))


@api.get("/event-kinds", auth=Bearer(), response={200: EventKinds, **PROBLEMS}, tags=["events"])
def event_kinds(request: HttpRequest) -> dict[str, Any]:
    """List the events that can be sent, with their properties and the ranges of numbers."""
    return {"kinds": kinds.describe()}


def _token(request: HttpRequest) -> ApiToken:
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # set by Bearer
    return token


def _check_length(items: Sequence[Any]) -> None:
    if len(items) > MAX_ITEMS:
        raise HttpError(413, f"Send at most {MAX_ITEMS} items per request. This one has {len(items)}.")


def _ingest(facts: list[parsers.Parsed]) -> dict[str, Any]:
    return _listed(retries.on_deadlock(lambda: ingestion.ingest(facts)))


def _listed(results: Sequence[ingestion.Result]) -> dict[str, Any]:
    return {
        "results": [
            Result(index=index, id=result.source_event_id, status=result.status, reason=result.reason)
            for index, result in enumerate(results)
        ]
    }


def _problem(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    return api.create_response(request, {"detail": sentence}, status=status)


@api.exception_handler(AuthenticationError)
def _unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = _problem(
        request,
        401,
        "The token is missing or invalid. Send one in the header: Authorization: Bearer caravan_…",
    )
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(RateLimited)
def _rate_limited(request: HttpRequest, error: RateLimited) -> HttpResponse:
    return set_retry_after(_problem(request, 429, error.sentence), error.seconds)


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return _problem(request, 413, "The request body is too large. Send fewer items per request.")


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problem = error.errors[0]
    where = ".".join(str(part) for part in problem["loc"][2:])
    return _problem(request, 422, f"{where or 'body'}: {problem['msg']}.")
