from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from community.api.models import ApiToken
from community.api.services import tokens
from community.core.rate_limits import RateLimited
from tests.factories.api import make_token
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def test_issue_stores_only_the_digest():
    _, secret = make_token()

    stored = ApiToken.objects.values().get()
    assert stored["digest"] == tokens.digest_of(secret)
    assert stored["prefix"] == secret[:14]
    assert secret not in map(str, stored.values())


def test_issue_never_repeats_a_secret():
    assert make_token()[1] != make_token()[1]


def test_issue_stores_the_creator():
    manager = MemberFactory(role="manager")

    token, _ = tokens.issue(name="CRM", source="crm", scopes=[ApiToken.Scope.EVENTS], actor=manager)

    assert (token.created_by, token.scopes) == (manager, ["events:write"])


def test_authenticate_returns_the_token_of_a_secret():
    token, secret = make_token()
    make_token(source="other")

    assert tokens.authenticate(secret) == token


@pytest.mark.parametrize("secret", ["", "caravan_", "x" * 5000, "caravan_' OR 1=1 --", "\u0000"])
def test_authenticate_refuses_other_secrets(secret):
    make_token()

    assert tokens.authenticate(secret) is None


def test_authenticate_refuses_the_digest_and_prefix():
    token, _ = make_token()

    assert tokens.authenticate(token.digest) is None
    assert tokens.authenticate(token.prefix) is None


def test_authenticate_refuses_expired_tokens():
    _, secret = make_token(expires_at=timezone.now() + timedelta(days=1))

    assert tokens.authenticate(secret) is not None
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert tokens.authenticate(secret) is None


def test_authenticate_updates_last_used_once_a_minute():
    token, secret = make_token()
    start = timezone.now()

    noted = []
    for seconds in (0, 30, 90):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            tokens.authenticate(secret)
        token.refresh_from_db()
        noted.append(round((token.last_used_at - start).total_seconds()))

    assert noted == [0, 0, 90]


def test_revoke_twice_keeps_the_first_time():
    token, secret = make_token()
    manager = MemberFactory(role="manager")

    tokens.revoke(token, actor=manager)
    token.refresh_from_db()
    first = token.revoked_at
    tokens.revoke(token, actor=manager)

    token.refresh_from_db()
    assert token.revoked_at == first
    assert tokens.authenticate(secret) is None


def test_count_call_allows_new_calls_every_minute():
    token, _ = make_token(calls_a_minute=1)
    start = timezone.now()

    with time_machine.travel(start, tick=False):
        tokens.count_call(token)
    with (
        time_machine.travel(start + timedelta(seconds=20), tick=False),
        pytest.raises(RateLimited) as limited,
    ):
        tokens.count_call(token)
    with time_machine.travel(start + timedelta(seconds=20 + limited.value.seconds), tick=False):
        tokens.count_call(token)

    assert limited.value.sentence == "Too many requests. Try again in 41 seconds."
