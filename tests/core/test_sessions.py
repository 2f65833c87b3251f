"""Whose session keys are signed, so that the web server serves them first."""

from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone

from community.core import sessions
from community.core.sessions import RANDOM_LENGTH, SessionStore, is_signed, signed_key
from tests.factories.members import MemberFactory


def test_a_signed_key_shows_that_it_is_ours(settings):
    key = signed_key()

    assert is_signed(key)
    assert len(key) <= Session._meta.get_field("session_key").max_length
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another " * 10
    assert is_signed(key)
    settings.SECRET_KEY_FALLBACKS = []
    assert not is_signed(key)


def test_a_made_up_key_is_not_signed():
    random, signature = signed_key()[:RANDOM_LENGTH], signed_key()[RANDOM_LENGTH:]

    for key in (
        None,
        "",
        random,
        random + "0" * 16,
        random + signature,
        "0123456789abcdefghijklmnopqrstuv",
        "é" * 40,
    ):
        assert not is_signed(key)


@pytest.mark.django_db
def test_a_visitor_gets_an_unsigned_key():
    session = SessionStore()
    session["seen"] = 1
    session.save()

    assert session.exists(session.session_key)
    assert not is_signed(session.session_key)


@pytest.mark.django_db
def test_logging_in_signs_the_key_of_the_session(client):
    session = SessionStore()
    session["basket"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key

    client.force_login(MemberFactory())

    assert is_signed(client.session.session_key)
    assert client.session["basket"] == 1
    assert not session.exists(session.session_key)


@pytest.mark.django_db
def test_a_session_whose_member_changed_has_a_signed_key(client):
    client.force_login(MemberFactory())
    other = MemberFactory()
    client.force_login(other)

    assert is_signed(client.session.session_key)
    assert client.session[SESSION_KEY] == str(other.pk)


@pytest.mark.django_db
def test_a_key_is_signed_for_the_log_in_only():
    session = SessionStore()
    session.cycle_key()
    assert is_signed(session.session_key)

    session.flush()
    session["seen"] = 1
    session.save()

    assert not is_signed(session.session_key)


@pytest.mark.django_db
def test_a_key_is_like_a_made_up_one_once_its_session_was_not_found(client):
    client.force_login(MemberFactory())
    key = client.session.session_key
    client.get("/latest/")
    assert is_signed(key)
    client.logout()
    client.cookies["sessionid"] = key

    client.get("/latest/")

    assert not is_signed(key)


def test_only_some_ended_keys_are_kept(monkeypatch):
    monkeypatch.setattr(sessions, "MAX_ENDED", 2)
    keys = [signed_key() for _ in range(3)]

    for key in keys:
        sessions.note_ended(key)

    assert [is_signed(key) for key in keys] == [True, False, False]


@pytest.mark.django_db
@pytest.mark.parametrize(("expires_in", "is_found"), [(timedelta(minutes=1), True), (timedelta(0), False)])
def test_a_session_that_redis_lost_is_read_from_the_database(expires_in, is_found):
    session = SessionStore()
    session["basket"] = 1
    session.save()
    Session.objects.update(expire_date=timezone.now() + expires_in)
    cache.delete(session.cache_key)

    found = SessionStore(session.session_key)

    assert found.get("basket") == (1 if is_found else None)
    assert (found.session_key == session.session_key) is is_found
