"""The settings in production."""

import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from community.runtime.embedded import BASE_DIR
from tests.runtime.helpers import served_environment


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """`load(NAME=value)` returns the production settings with these changes to the environment; None unsets one."""

    def load(**values: str | None) -> dict[str, Any]:
        environment = {**served_environment(), **values}
        environment = {name: text for name, text in environment.items() if text is not None}
        monkeypatch.setattr(os, "environ", environment)
        monkeypatch.setattr(environ.Env, "ENVIRON", environment)
        return runpy.run_path(str(BASE_DIR / "community/settings.py"))

    return load


def test_check_deploy_is_clean_when_served():
    answer = manage(served_environment(), "check", "--deploy", "--fail-level", "INFO")

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("System check identified no issues")


@pytest.mark.parametrize(
    "key",
    ["", "change-me", "secret", "x" * 80, "change-me" * 10, "kqM0Zw1Yx2Xv3Wu4Vt5Us6Tr7Sq8"],
)
def test_served_refuses_a_weak_secret_key(load: Callable[..., dict[str, Any]], key: str):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is missing, a default, or too short"):
        load(SECRET_KEY=key)


def test_served_web_process_refuses_a_weak_secret_key():
    answer = subprocess.run(
        [sys.executable, "-c", "import community.wsgi"],
        cwd=BASE_DIR,
        env=served_environment(SECRET_KEY="change-me"),
        capture_output=True,
        text=True,
    )

    assert "ImproperlyConfigured: SECRET_KEY" in answer.stderr


def test_served_web_process_refuses_a_list_of_proxies():
    answer = subprocess.run(
        [sys.executable, "-m", "community.runtime.web", "--bind", "127.0.0.1:0"],
        cwd=BASE_DIR,
        env=served_environment(BEHIND_PROXY="1", FORWARDED_ALLOW_IPS="10.0.0.1,10.0.0.2"),
        capture_output=True,
        text=True,
    )

    assert answer.stderr.endswith("FORWARDED_ALLOW_IPS takes one address, or * for any.\n")


CELERY = ["-m", "celery", "--quiet", "-A", "community"]


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "community.runtime.web", "--bind", "127.0.0.1:0"],
        [*CELERY, "worker"],
        [*CELERY, "beat", "--schedule={folder}/beat", "--pidfile="],
    ],
)
def test_served_processes_refuse_what_the_checks_refuse(command: list[str], tmp_path: Path):
    environment = served_environment(RATE_LIMITS="searches=;posts=20/minute,pots=")

    answer = subprocess.run(
        [sys.executable, *(part.format(folder=tmp_path) for part in command)],
        cwd=BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert answer.returncode == 1
    assert "RATE_LIMITS: “;posts=20/minute” is no rate" in answer.stderr
    assert "RATE_LIMITS: there is no rate limit “pots”" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"])
def test_settings_have_no_default_for(load: Callable[..., dict[str, Any]], name: str):
    with pytest.raises(ImproperlyConfigured, match=f"Set the {name} environment variable"):
        load(**{name: None})


def test_served_settings_are_secure_by_default(load: Callable[..., dict[str, Any]]):
    settings = load()

    names = ("DEBUG", "DEMO", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    assert [settings[name] for name in names] == [False, False, True, True, True]


def test_forwarded_headers_are_trusted_only_behind_a_proxy(load: Callable[..., dict[str, Any]]):
    assert load()["SECURE_PROXY_SSL_HEADER"] is None
    assert load(BEHIND_PROXY="1")["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_pages_are_compressed_where_no_proxy_does_it(load: Callable[..., dict[str, Any]]):
    compressing = "django.middleware.gzip.GZipMiddleware"
    assert compressing in load()["MIDDLEWARE"]
    assert compressing not in load(BEHIND_PROXY="1")["MIDDLEWARE"]


@pytest.mark.parametrize(
    ("redis", "queue", "broker"),
    [
        ("redis://r:6379/0", None, "redis://r:6379/0"),
        ("redis://r:6379/0", "redis://r:6379/1", "redis://r:6379/1"),
        ("unix:///run/r.sock?db=0", "unix:///run/r.sock?db=1", "redis+socket:///run/r.sock?virtual_host=1"),
    ],
)
def test_queue_url_is_spelled_for_celery(
    load: Callable[..., dict[str, Any]], redis: str, queue: str | None, broker: str
):
    assert load(REDIS_URL=redis, QUEUE_URL=queue)["CELERY_BROKER_URL"] == broker


def test_email_url_names_the_mail_server(load: Callable[..., dict[str, Any]]):
    settings = load(EMAIL_URL="smtp+tls://ada:pass@smtp.example:587")

    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS", "EMAIL_HOST_USER")
    assert [settings[name] for name in names] == ["smtp.example", 587, True, "ada"]


def test_anymail_backend_gets_its_settings(load: Callable[..., dict[str, Any]]):
    backend = "anymail.backends.postmark.EmailBackend"

    settings = load(EMAIL_BACKEND=backend, ANYMAIL_POSTMARK_SERVER_TOKEN="t")

    assert settings["EMAIL_BACKEND"] == backend
    assert settings["ANYMAIL"] == {"POSTMARK_SERVER_TOKEN": "t"}


@pytest.mark.parametrize(
    "written", ["https://club.example", "https://club.example/", "https://club.example//"]
)
def test_site_url_ends_without_a_slash(load: Callable[..., dict[str, Any]], written: str):
    assert load(SITE_URL=written)["SITE_URL"] == "https://club.example"


def test_site_name_is_used_everywhere(load: Callable[..., dict[str, Any]]):
    settings = load(SITE_NAME="Bean Street")

    assert (settings["SITE_NAME"], settings["MFA_TOTP_ISSUER"]) == ("Bean Street", "Bean Street")
    assert settings["UNFOLD"]["SITE_TITLE"] == "Bean Street"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("true", True), ("on", True), ("yes", True), ("0", False), ("off", False), ("", False)],
)
def test_insecure_http_accepts_common_spellings(load: Callable[..., dict[str, Any]], text: str, value: bool):
    settings = load(INSECURE_HTTP=text)

    assert settings["SECURE_SSL_REDIRECT"] is not value
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is not value
    assert bool(settings["SECURE_HSTS_SECONDS"]) is not value
    assert settings["ACCOUNT_DEFAULT_HTTP_PROTOCOL"] == ("http" if value else "https")


def test_hosts_are_a_list_and_none_by_default(load: Callable[..., dict[str, Any]]):
    assert load(ALLOWED_HOSTS=None)["ALLOWED_HOSTS"] == []
    assert load(ALLOWED_HOSTS="a.example,b.example")["ALLOWED_HOSTS"] == ["a.example", "b.example"]


def test_served_pages_run_no_script_but_ours(load: Callable[..., dict[str, Any]]):
    policy = load()["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]

    assert "'unsafe-inline'" not in [source for sources in policy.values() for source in sources]
    assert "'unsafe-eval'" not in policy["script-src"]
    assert (policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == (
        ["'none'"],
        ["'none'"],
        ["'none'"],
    )


@pytest.mark.parametrize("name", ["SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY"])
def test_scripts_read_no_cookie(load: Callable[..., dict[str, Any]], name: str):
    assert load()[name] is True


def test_password_hashes_are_slow_when_served(load: Callable[..., dict[str, Any]]):
    assert load()["PASSWORD_HASHERS"][0].endswith("Argon2PasswordHasher")


def test_addresses_are_confirmed_when_served(load: Callable[..., dict[str, Any]]):
    assert load()["ACCOUNT_EMAIL_VERIFICATION"] == "mandatory"


def test_the_demo_marker_is_only_written_for_the_embedded_stack(
    load: Callable[..., dict[str, Any]], tmp_path
):
    assert load(CARAVAN_DATA=None)["DEMO_MARK"] is None
    assert load(CARAVAN_DATA=str(tmp_path))["DEMO_MARK"] == tmp_path / "demo-is-written"


def test_connections_are_kept_for_their_plans(load: Callable[..., dict[str, Any]]):
    assert load()["DATABASES"]["default"]["CONN_MAX_AGE"] == 600


@pytest.mark.parametrize("name", ["PAGE_CACHE_SECONDS", "CONN_MAX_AGE"])
def test_invalid_number_is_reported(load: Callable[..., dict[str, Any]], name: str):
    with pytest.raises((ImproperlyConfigured, ValueError), match="soon"):
        load(**{name: "soon"})
