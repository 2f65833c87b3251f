import threading
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.client import MULTIPART_CONTENT

from community.core import middleware
from community.core.middleware import (
    REFUSED,
    ContentSecurityPolicy,
    StatementTimeout,
    StripNullBytes,
    VisitorLimit,
)
from community.core.sessions import SessionStore
from tests.factories.members import MemberFactory
from tests.support import eventually, in_thread


def passed_on(request):
    """Return the request the view gets; None if the middleware responds itself."""
    seen = []

    def view(inner):
        seen.append(inner)
        return HttpResponse("ok")

    response = StripNullBytes(view)(request)
    return (seen[0] if seen else None), response


def test_without_nul_keeps_valid_requests():
    request, _ = passed_on(RequestFactory().get("/u/zoë/?q=50%25+00"))

    assert (request.path_info, request.GET["q"]) == ("/u/zoë/", "50% 00")


@pytest.mark.parametrize("query", ["q=a%00b", "q=a%%0000b", "q=%00%00ab", "q=a%00b%00"])
def test_without_nul_removes_it_from_the_query_string(query):
    request, _ = passed_on(RequestFactory().get("/search/", QUERY_STRING=query))

    assert request.GET["q"] == "ab"


def test_without_nul_refuses_a_path_with_nul():
    request, response = passed_on(RequestFactory().get("/u/a%00b/"))

    assert (request, response.status_code) == (None, 404)


def test_without_nul_empties_a_cookie_with_nul():
    asked = RequestFactory().get("/", headers={"cookie": 'sessionid="\\000aaaaaaaaaa"; theme=dark'})

    request, _ = passed_on(asked)

    assert request.COOKIES == {"sessionid": "", "theme": "dark"}


def test_visitor_without_a_slot_gets_retry_after(client):
    response = client.get("/latest/", **{REFUSED: True})

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "The site is busy" in response.text


@pytest.mark.django_db
def test_an_unknown_session_needs_a_slot(client, settings):
    limit = VisitorLimit(lambda request: HttpResponse("ok"))
    for _ in range(settings.VISITOR_PLACES):
        assert limit.places.acquire(blocking=False)

    def ask(session):
        request = RequestFactory().get("/latest/", headers={"cookie": f"sessionid={session.session_key}"})
        request.session = session
        return limit(request).status_code

    made_up = SessionStore("0123456789abcdefghijklmnopqrstuv")
    client.force_login(MemberFactory())

    assert ask(made_up) == 503
    assert ask(client.session) == 200
    limit.places.release()
    assert ask(made_up) == 200


@pytest.mark.django_db
def test_visitor_waits_while_a_member_is_served(client, monkeypatch):
    monkeypatch.setattr(middleware, "YIELD_SECONDS", 60)
    client.force_login(MemberFactory())
    requests = {
        "member": RequestFactory().get("/", headers={"cookie": "sessionid=real"}),
        "visitor": RequestFactory().get("/"),
    }
    requests["member"].session = client.session
    requests["member"].session.load()
    begun, finish, order = threading.Event(), threading.Event(), []

    def view(request):
        if request is requests["member"]:
            begun.set()
            assert finish.wait(20)
        order.append(request)
        return HttpResponse()

    limit = VisitorLimit(view)
    member = in_thread(partial(limit, requests["member"]))
    assert begun.wait(20)
    visitor = in_thread(partial(limit, requests["visitor"]))
    eventually(lambda: limit.member_left._waiters)
    finish.set()
    member.join(20)
    visitor.join(20)

    assert order == [requests["member"], requests["visitor"]]


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/admin/login/"])
@pytest.mark.django_db
def test_multipart_log_ins_are_refused_for_visitors(path):
    response = Client().post(path, {"login": "somebody"}, content_type=MULTIPART_CONTENT)

    assert (response.status_code, response["Content-Type"]) == (415, "text/plain")


@pytest.mark.django_db
def test_members_can_send_multipart_forms(client):
    client.force_login(MemberFactory())

    assert Client.post(client, "/accounts/logout/", {}).status_code == 302


@pytest.mark.django_db
def test_statement_timeout_shows_the_busy_page():
    with pytest.raises(OperationalError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10ms'")
        cursor.execute("SELECT pg_sleep(5)")
    timeouts = StatementTimeout(lambda request: HttpResponse())

    response = timeouts.process_exception(RequestFactory().get("/"), caught.value)

    assert response.status_code == 503
    assert timeouts.process_exception(RequestFactory().get("/"), OperationalError("gone")) is None


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/latest/", "/search/?q=x", "/me/", "/guidelines/"])
def test_pages_for_members_are_not_cached_by_proxies(client, path):
    client.force_login(MemberFactory())

    response = client.get(path)

    assert response["Cache-Control"] == "private"
    assert {"Cookie", "HX-Request"} <= set(response["Vary"].split(", "))


@pytest.mark.django_db
def test_pages_for_visitors_are_not_reused_for_members(client):
    responses = [client.get("/latest/") for _ in range(2)]

    assert ["Cookie" in response["Vary"] for response in responses] == [True, True]


def test_existing_cache_headers_are_kept(client):
    response = client.get("/brand-0f766e.css")

    assert response["Cache-Control"].startswith("public")
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("dest", ["image", "audio", "video", "track", "object", "embed", "iframe", "frame"])
@pytest.mark.django_db
def test_pages_are_not_served_as_parts_of_others(client, dest, django_assert_num_queries):
    member = MemberFactory()
    client.force_login(member)

    with django_assert_num_queries(0):
        response = client.get("/latest/", headers={"Sec-Fetch-Dest": dest})

    assert (response.status_code, response["Cache-Control"]) == (404, "no-store")
    member.refresh_from_db()
    assert member.last_seen_at is None


@pytest.mark.parametrize("dest", ["document", "empty", "style", None])
@pytest.mark.django_db
def test_pages_are_served_as_pages(client, dest):
    assert client.get("/latest/", headers={"Sec-Fetch-Dest": dest} if dest else {}).status_code == 200


@pytest.mark.django_db
def test_uploads_are_served_as_images(client):
    name = default_storage.save("avatars/a.webp", ContentFile(b"picture"))

    response = client.get(f"/media/{name}", headers={"Sec-Fetch-Dest": "image"})

    assert (response.status_code, b"".join(response)) == (200, b"picture")


def policy_of(serve, request=None):
    return serve(request or RequestFactory().get("/"))["Content-Security-Policy"]


def test_the_usual_policy_is_built_once(monkeypatch):
    serve = ContentSecurityPolicy(lambda request: HttpResponse())
    first = policy_of(serve)
    monkeypatch.setattr("csp.middleware.build_policy", None)

    assert policy_of(serve) == first


def test_a_policy_with_a_nonce_is_for_one_response():
    def view(request):
        return HttpResponse(str(request.csp_nonce) if "nonce" in request.GET else "")

    serve = ContentSecurityPolicy(view)
    usual, nonce = policy_of(serve), serve(RequestFactory().get("/?nonce"))

    assert nonce["Content-Security-Policy"] == usual.replace(
        "script-src 'self'", f"script-src 'self' 'nonce-{nonce.text}'"
    )
    assert policy_of(serve) == usual


@pytest.mark.parametrize(
    "own", [{"_csp_replace": {"img-src": ["'none'"]}}, {"headers": {"Content-Security-Policy": "x"}}]
)
def test_a_policy_of_a_response_is_not_reused(own):
    answers = [HttpResponse(headers=own.pop("headers", None)), HttpResponse()]
    vars(answers[0]).update(own)
    serve = ContentSecurityPolicy(lambda request: answers.pop(0))

    first, second = policy_of(serve), policy_of(serve)

    assert first != second == policy_of(ContentSecurityPolicy(lambda request: HttpResponse()))
