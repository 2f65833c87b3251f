import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.utils.module_loading import import_string

from bench import bare
from community.runtime.http_server import busy_answer


@pytest.fixture
def bare_client(settings) -> Client:
    settings.MIDDLEWARE = bare.MIDDLEWARE
    settings.ROOT_URLCONF = "bench.bare"
    return Client()


@pytest.mark.django_db
def test_bare_view_takes_one_query_and_returns_that_many_bytes(bare_client, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = bare_client.get("/4096/")

    assert (response.status_code, len(response.content)) == (200, 4096)


def test_frozen_middleware_is_not_the_sites():
    assert all(callable(import_string(name)) for name in bare.MIDDLEWARE)
    assert not [name for name in bare.MIDDLEWARE if name.startswith(("community.", "journeys.", "advocacy."))]


@pytest.mark.django_db
def test_bare_view_is_for_visitors(bare_client):
    bare_client.cookies[settings.SESSION_COOKIE_NAME] = "somebody"

    with pytest.raises(LookupError):
        bare_client.get("/4096/")


@pytest.mark.django_db
def test_bare_view_can_be_served_by_our_web_server(bare_client):
    answer = busy_answer(WSGIHandler())

    assert answer.body == b""
