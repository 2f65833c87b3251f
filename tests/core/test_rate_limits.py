"""Rate limits: counting, waiting times, keys, and failures of Redis."""

import json
import logging
import time
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.http import HttpResponse
from django.test import RequestFactory

from community.core import rate_limits
from community.core.rate_limits import RateLimit, RateLimited

LIMIT = RateLimit("tests", "member", "2/minute", "Please wait %(wait)s.")
BY_ADDRESS = RateLimit("tests-by-address", "address", "1/minute", "Please wait %(wait)s.")
WRONG_URLS = ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock?db=0"]


def asking(pk=1, address="203.0.113.7", **headers):
    request = RequestFactory(headers=headers).get("/somewhere/", REMOTE_ADDR=address)
    request.user = SimpleNamespace(pk=pk, is_authenticated=True) if pk else AnonymousUser()
    return request


def counted(limit, who):
    """Count one hit. Return the seconds to wait, 0 if it was allowed."""
    try:
        rate_limits.hit(limit, who)
    except RateLimited as limited:
        return limited.seconds
    return 0


def test_hit_allows_as_many_as_the_rate():
    assert [counted(LIMIT, asking()) > 0 for _ in range(4)] == [False, False, True, True]


def test_hit_returns_when_the_oldest_leaves_the_window():
    start = time.time()
    waits = []
    for second in (0, 20, 30, 60, 61, 62):
        with time_machine.travel(start + second, tick=False):
            waits.append(counted(LIMIT, asking()))

    assert waits == [0, 0, 31, 1, 0, 19]


def test_hit_includes_the_wait_in_its_sentence():
    with time_machine.travel(time.time(), tick=False), pytest.raises(RateLimited) as limited:
        for _ in range(3):
            rate_limits.hit(LIMIT, asking())

    assert (limited.value.sentence, limited.value.seconds) == ("Please wait 61 seconds.", 61)


def test_hit_checks_every_rate_of_a_limit():
    limit = RateLimit("tests", "member", "3/hour; 2/minute", "%(wait)s")
    start = time.time()
    waits = []
    for second in (0, 1, 2, 62, 124):
        with time_machine.travel(start + second, tick=False):
            waits.append(counted(limit, asking()))

    assert waits == [0, 0, 59, 0, 3600 - 124 + 1]


def test_hit_counts_limits_and_members_separately():
    other = RateLimit("others", "member", "2/minute", "%(wait)s")
    for _ in range(2):
        rate_limits.hit(LIMIT, asking())

    assert (counted(LIMIT, asking()) > 0, counted(LIMIT, asking(pk=2)), counted(other, asking())) == (
        True,
        0,
        0,
    )


def test_hit_counts_a_member_across_addresses():
    for address in ("203.0.113.7", "203.0.113.8"):
        rate_limits.hit(LIMIT, asking(address=address))

    assert counted(LIMIT, asking(address="203.0.113.9")) > 0


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "", True),
        ("not an address", "not an address", True),
    ],
)
def test_hit_counts_addresses_and_networks_of_ipv6(first, second, same):
    rate_limits.hit(BY_ADDRESS, asking(pk=0, address=first))

    assert (counted(BY_ADDRESS, asking(pk=0, address=second)) > 0) is same


def test_hit_counts_an_address_across_members():
    rate_limits.hit(BY_ADDRESS, asking(pk=1))

    assert counted(BY_ADDRESS, asking(pk=2)) > 0


def test_redis_stores_no_addresses_or_accounts():
    rate_limits.hit(BY_ADDRESS, asking(pk=0))
    rate_limits.hit(rate_limits.ACCOUNT_LOG_INS, "ann@example.com")

    keys = [key.decode() for key in cache._cache.get_client(None).keys("*rate-limit*")]

    assert len(keys) == 2
    assert not [key for key in keys if "203.0" in key or "ann" in key]


def test_clear_resets_the_count():
    for _ in range(2):
        rate_limits.hit(LIMIT, asking())

    rate_limits.clear(LIMIT, asking())

    assert counted(LIMIT, asking()) == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (90, "90 seconds"),
        (91, "2 minutes"),
        (120, "2 minutes"),
        (121, "3 minutes"),
        (5400, "90 minutes"),
        (5401, "2 hours"),
        (86_400, "24 hours"),
    ],
)
def test_duration_rounds_up(seconds, words):
    assert rate_limits.duration(seconds) == words


@pytest.mark.parametrize(
    ("limit", "pause"),
    [
        (rate_limits.POSTS, 50),
        (rate_limits.POSTS, 31),
        (rate_limits.TOPICS, 150),
        (rate_limits.EDITS, 20),
        (rate_limits.REACTIONS, 7),
        (rate_limits.PREVIEWS, 0.6),
        (rate_limits.SEARCHES, 4),
    ],
)
def test_normal_use_stays_under_every_limit(limit, pause):
    start = time.time()
    waits = set()
    for number in range(int(4000 / pause) if pause > 1 else 300):
        with time_machine.travel(start + number * pause, tick=False):
            waits.add(counted(limit, asking()))

    assert waits == {0}


# The settings


def test_settings_change_a_limit(settings):
    settings.RATE_LIMITS = {"tests": "1/minute"}

    assert [counted(LIMIT, asking()) > 0 for _ in range(2)] == [False, True]


def test_settings_turn_a_limit_off(settings):
    settings.RATE_LIMITS = {"tests": ""}

    assert [counted(LIMIT, asking()) for _ in range(5)] == [0] * 5


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ({"posts": "10 a minute"}, "RATE_LIMITS: “10 a minute” is no rate; one is “10/minute; 120/hour”."),
        ({"post": "10/minute"}, "RATE_LIMITS: there is no rate limit “post”; there are topics, posts,"),
    ],
)
def test_settings_are_checked(settings, setting, problem):
    settings.RATE_LIMITS = setting

    with pytest.raises(SystemCheckError) as error:
        call_command("check")

    assert problem in str(error.value)


def test_valid_settings_pass_the_check(settings):
    settings.RATE_LIMITS = {"posts": "20/minute;200/hour", "searches": ""}

    call_command("check")


@pytest.mark.parametrize("limit", rate_limits.NAMED.values(), ids=rate_limits.NAMED)
def test_every_limit_is_valid_and_has_a_wait_in_its_sentence(limit):
    assert rate_limits.rates_of(limit)
    assert "5 minutes" in str(limit.sentence) % {"wait": "5 minutes"}


# Failures of Redis


@pytest.mark.parametrize("url", WRONG_URLS)
def test_without_redis_everything_is_allowed_and_logged(settings, caplog, url):
    settings.REDIS_URL = url

    with caplog.at_level(logging.WARNING, logger="community.core.rate_limits"):
        waits = [counted(LIMIT, asking()) for _ in range(3)]

    assert waits == [0, 0, 0]
    assert len(caplog.messages) == 3
    assert caplog.messages[0].startswith("Rate limits are not counted: ")


@pytest.mark.parametrize("url", WRONG_URLS)
def test_without_redis_clearing_is_no_error(settings, url):
    settings.REDIS_URL = url

    rate_limits.clear(LIMIT, asking())


def test_everything_is_allowed_when_redis_refuses_writes(redis_refuses_writes):
    assert [counted(LIMIT, asking()) for _ in range(3)] == [0, 0, 0]


# Responses


class TypedForm(forms.Form):
    text = forms.CharField()


def test_check_adds_the_sentence_to_the_form_and_keeps_its_values(settings):
    settings.RATE_LIMITS = {"tests": "1/minute"}
    rate_limits.hit(LIMIT, asking())
    form = TypedForm({"text": "typed"})

    allowed = rate_limits.check(form, LIMIT, asking())

    assert not allowed
    assert form.non_field_errors()[0].startswith("Please wait ")
    assert form["text"].value() == "typed"


def test_answer_is_429_with_the_wait():
    form = TypedForm({"text": "typed"})
    form.add_error(None, RateLimited("Please wait.", seconds=17))

    response = rate_limits.answer(HttpResponse("the form", status=422), form)

    assert (response.status_code, response["Retry-After"]) == (429, "17")


def test_answer_leaves_other_errors_alone():
    response = rate_limits.answer(HttpResponse("the form", status=422), TypedForm({}))

    assert (response.status_code, response.has_header("Retry-After")) == (422, False)


@rate_limits.limited(LIMIT)
def act(request):
    return HttpResponse("done")


def test_limited_responds_to_htmx_with_a_toast():
    with time_machine.travel(time.time(), tick=False):
        responses = [act(asking(hx_request="true")) for _ in range(3)]

    assert [response.status_code for response in responses] == [200, 200, 429]
    assert responses[2]["HX-Reswap"] == "none"
    assert json.loads(responses[2]["HX-Trigger"]) == {"toast": {"message": "Please wait 61 seconds."}}
    assert responses[2]["Retry-After"] == "61"


def test_limited_responds_to_json_with_json():
    with time_machine.travel(time.time(), tick=False):
        responses = [act(asking(accept="application/json")) for _ in range(3)]

    assert json.loads(responses[2].content) == {"detail": "Please wait 61 seconds."}
    assert (responses[2].status_code, responses[2]["Retry-After"]) == (429, "61")
