"""Error pages and empty states are in our look and say what to do next."""

import pytest
from django.template.loader import get_template
from jinja2 import nodes

from tests.factories.members import MemberFactory
from tests.forum.pages import page, texts
from tests.translation import jinja_templates

pytestmark = pytest.mark.django_db


def next_steps(response):
    """The addresses of the buttons, by what they say."""
    links = page(response).cssselect("main .empty a.button")
    return {" ".join(link.text_content().split()): link.get("href") for link in links}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/t/99999/why-does-it-drip/?page=2", "why does it drip"),
        ("/u/nobody/", "nobody"),
        ("/t/99999/", ""),
        ("/nothing/%22%3E%3Cb%3E/", '"><b>'),
    ],
)
def test_a_page_not_found_offers_to_search_for_it_and_to_log_in(client, address, words):
    response = client.get(address)

    assert response.status_code == 404
    assert page(response).cssselect("main input[name=q]")[0].get("value") == words
    assert next_steps(response)["Log in"].startswith("/accounts/login/?next=/")
    client.force_login(MemberFactory())
    assert list(next_steps(client.get(address))) == ["Go to the home page", "See the latest topics"]


def test_logging_in_from_an_error_page_leads_back_with_the_query(client):
    assert next_steps(client.get("/t/99999/drip/?page=2"))["Log in"] == (
        "/accounts/login/?next=/t/99999/drip/%3Fpage%3D2"
    )


def test_too_many_requests_offers_to_try_again(client, settings):
    settings.RATE_LIMITS = {"suggestions": "1/hour"}
    client.force_login(MemberFactory())
    client.get("/new/similar/?title=steam")

    response = client.get("/new/similar/?title=steam")

    assert response.status_code == 429
    assert next_steps(response)["Try again"] == "/new/similar/?title=steam"


def test_too_many_searches_lead_visitors_to_log_in(client, settings):
    settings.RATE_LIMITS = {"visitor-searches": "1/hour"}
    client.get("/search/?q=steam")

    response = client.get("/search/?q=milk")

    assert response.status_code == 429
    [link] = [a for a in page(response).cssselect("[role=alert] a") if a.text_content() == "Log in"]
    assert link.get("href") == "/accounts/login/?next=/search/%3Fq%3Dmilk"


@pytest.mark.parametrize("name", ["500.html", "503.html"])
def test_pages_made_without_a_request_have_our_name_and_the_next_step(name):
    response = type("Page", (), {"content": get_template(name).render().encode()})

    assert texts(response, "header .brand span")[-1] == "Caravan"
    assert list(next_steps(response)) == ["Try again", "Go to the home page"]


def test_every_empty_state_says_what_to_do_next():
    """`empty` is used with `call`, whose block is the next step."""
    for name, template in jinja_templates().items():
        used = [call for call in template.find_all(nodes.Call) if getattr(call.node, "name", "") == "empty"]
        with_block = [block.call for block in template.find_all(nodes.CallBlock)]

        assert [call for call in used if call not in with_block] == [], name
