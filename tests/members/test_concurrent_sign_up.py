"""Concurrent sign-ups with the same username or address, on two database connections."""

import threading
import time

import pytest
from django.core import mail
from django.db import connection, transaction

from community.members.models import Member
from tests.factories.members import MemberFactory
from tests.support import Browser

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def sign_up_while_somebody_takes(typed, **taken):
    """Sign up with a form that is valid when checked, but whose values are taken before it is saved."""
    answers = []

    def sign_up():
        form = {"display_name": "Ada Winter", "password1": "a quiet morning with coffee", "guidelines": "on"}
        try:
            answers.append(Browser().post("/accounts/signup/", {**form, **typed}))
        finally:
            connection.close()

    second = threading.Thread(target=sign_up)
    with transaction.atomic():
        MemberFactory(**taken)
        second.start()
        wait_for_a_lock(second)
    second.join(30)
    return answers[0]


def wait_for_a_lock(thread):
    deadline = time.monotonic() + 20
    while thread.is_alive() and time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("the second one did not have to wait")


def test_a_username_taken_concurrently_is_a_form_error():
    typed = {"username": "Ada", "email": "second@example.com"}

    response = sign_up_while_somebody_takes(typed, username="ada", email="first@example.com")

    html = response.content.decode()
    assert response.status_code == 200
    assert "This username is already taken." in html
    assert 'value="second@example.com"' in html
    assert Member.objects.count() == 1
    assert mail.outbox == []


def test_a_generated_username_taken_concurrently_is_generated_again():
    typed = {"username": "", "email": "second@example.com"}

    response = sign_up_while_somebody_takes(typed, username="ada-winter", email="first@example.com")

    second = Member.objects.get(email="second@example.com")
    assert response.status_code == 302
    assert second.username.startswith("ada-winter")
    assert second.username != "ada-winter"


def test_an_email_taken_concurrently_is_handled_like_any_taken_one(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    typed = {"username": "second", "email": "ADA@example.com"}

    response = sign_up_while_somebody_takes(typed, username="first", email="ada@example.com")
    told = [message.to for message in mail.outbox]
    long_ago = Browser().post(
        "/accounts/signup/",
        {
            "display_name": "Ada",
            "password1": "a quiet morning with coffee",
            "guidelines": "on",
            "username": "third",
            "email": "ada@example.com",
        },
    )

    assert (response.status_code, response.url) == (long_ago.status_code, long_ago.url)
    assert told == [["ada@example.com"]]
    assert Member.objects.count() == 1
