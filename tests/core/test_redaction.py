"""Redaction of URLs in logs."""

import pytest
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver, resolve
from django.urls.resolvers import RegexPattern

from community.core import redaction
from tests.support import url_patterns

TOKEN = "Nw:1xX1SE:vsIhZZuqwo-CMbj4TrnvWIkwqkCYskuBs_i5eOltzRo"  # as signing.dumps() makes them


def secret_patterns(resolver: URLResolver | None = None, prefix: str = "/"):
    """Yield the URL patterns with a part that is neither a number nor listed as public."""
    for pattern in (resolver or get_resolver()).url_patterns:
        whole = prefix + str(pattern.pattern)
        names = {
            n
            for n, c in getattr(pattern.pattern, "converters", {}).items()
            if type(c).__name__ != "IntConverter"
        }
        if isinstance(pattern.pattern, RegexPattern):
            names |= set(pattern.pattern.regex.groupindex)
        if names - redaction.PUBLIC_PARTS:
            yield whole
        if hasattr(pattern, "url_patterns"):
            yield from secret_patterns(pattern, whole)


def test_every_url_with_a_secret_has_a_known_prefix():
    found = [pattern.replace("^", "") for pattern in secret_patterns()]

    assert len(found) >= 4
    assert [one for one in found if not one.startswith(redaction.SECRET_PREFIXES)] == []
    assert len(list(url_patterns())) > len(found)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/t/17/how-to-pack/?q=words", "/t/17/how-to-pack/"),
        ("/u/ada/", "/u/ada/"),
        ("/invitation/abc/", "/invitation/<token>/"),
        ("/suspended/suspended/", "/suspended/<token>/"),
        ("/accounts/confirm-email/a:b-c/", "/accounts/confirm-email/<key>/"),
        ("/accounts/password/reset/key/3-c9-3/", "/accounts/password/reset/key/<uidb36>-<key>/"),
        ("/accounts/password/reset/key/done/", "/accounts/password/reset/key/done/"),
        ("/search/?q=words", "/search/"),
    ],
)
def test_path_has_no_secret_part(asked: str, told: str):
    request = RequestFactory().get(asked)
    request.resolver_match = resolve(request.path)

    assert redaction.path(request) == told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/invitation/abc", "/invitation/…"),
        ("/nothing/here/", "/nothing/here/"),
        (f"/invitatoin/{TOKEN}/", "/invitatoin/…/"),
        ("/x/" + "a" * 40, "/x/…"),
    ],
)
def test_path_without_a_view_shows_short_parts_only(asked: str, told: str):
    assert redaction.path(RequestFactory().get(asked)) == told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Forbidden: /suspended/abc/", "Forbidden: /suspended/…"),
        (f"<WSGIRequest: GET '/invitation/{TOKEN}/?x=1'>", "<WSGIRequest: GET '/invitation/…?…'>"),
        ("see https://site.example/search/?q=my+words&page=2.", "see https://site.example/search/?…"),
        (f"bad {TOKEN}", "bad …"),
        (f"key 3-cq1a2b-{'0af' * 11}", "key …"),
        ("Key (email)=(ada+x@mail.example.com) exists", "Key (email)=(<email>) exists"),
        ("Is it so? Yes = no", "Is it so? Yes = no"),
        ("2026-01-02T10:11:12.123456Z 5f0c2a8e-1111-4222-8333-abcdefabcdef", None),
    ],
)
def test_text_has_no_secrets(line: str, told: str | None):
    assert redaction.text(line) == (told or line)


def test_text_handles_long_lines():
    for long in ("a" * 200_000, "a:" * 100_000, "?a" * 100_000, "-1" * 100_000):
        assert redaction.text(long)


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", ["/invitation/{}/", "/suspended/{}/", "/accounts/confirm-email/{}/"])
def test_pages_behind_a_token_are_not_stored_and_send_no_referrer(client: Client, pattern: str):
    response = client.get(pattern.format(TOKEN))

    assert response["Cache-Control"] == "no-store, private"
    assert response["Referrer-Policy"] == "strict-origin"
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.django_db
def test_other_pages_keep_their_headers(client: Client):
    response = client.get("/latest/")

    assert "no-store" not in response.get("Cache-Control", "")
    assert response["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert not response.has_header("X-Robots-Tag")
