"""The base template and the error pages."""

import json
import re

import lxml.html
import pytest
from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from django.views.decorators.http import require_POST

from community.core.permissions import require
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def closed(request: HttpRequest) -> HttpResponse:
    require(False, "Only the asker accepts an answer <here>.")
    raise AssertionError


def closed_without_a_word(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def garbled(request: HttpRequest) -> HttpResponse:
    raise BadRequest


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    return HttpResponse("sent")


urlpatterns = [
    path("closed/", closed),
    path("closed-without-a-word/", closed_without_a_word),
    path("garbled/", garbled),
    path("broken/", broken),
    path("send/", send),
    path("", include("community.urls")),
]


@pytest.fixture
def pages(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def test_403_shows_the_sentence_and_a_log_in_link(pages):
    response = pages.get("/closed/")

    assert response.status_code == 403
    assert "Only the asker accepts an answer &lt;here&gt;." in response.text
    assert "/accounts/login/?next=/closed/" in response.text


def test_403_has_no_log_in_link_for_members(pages):
    pages.force_login(MemberFactory())

    response = pages.get("/closed-without-a-word/")

    assert "Your account does not have permission to view this page." in response.text
    assert "/accounts/login/" not in response.text


def test_404_offers_a_search(pages):
    response = pages.get("/no/such/page/")

    assert response.status_code == 404
    assert 'action="/search/"' in response.text


def test_400_shows_a_message(pages):
    response = pages.get("/garbled/")

    assert response.status_code == 400
    assert "could not read that request" in response.text


def test_500_is_self_contained(pages):
    response = pages.get("/broken/")

    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text


def test_a_missing_csrf_token_is_explained(settings):
    settings.ROOT_URLCONF = __name__

    response = Client(enforce_csrf_checks=True).post("/send/")

    assert response.status_code == 403
    assert "Please try again" in response.text


@pytest.mark.parametrize("path", ["/closed/", "/no/such/page/", "/garbled/", "/broken/"])
def test_every_error_page_has_a_sentence_for_htmx_to_show(pages, path):
    assert "data-error-sentence" in pages.get(path).text


def test_the_base_template_has_no_inline_script_or_style(client):
    html = client.get("/guidelines/").text

    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert "<style" not in html
    assert " style=" not in html
    assert not re.search(r"\son[a-z]+=", html)


def test_pages_have_a_strict_csp(client):
    policy = client.get("/guidelines/")["Content-Security-Policy"]

    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy


def test_a_visitors_page_sets_no_cookie(client):
    response = client.get("/guidelines/")

    assert not response.cookies
    assert "csrfmiddlewaretoken" not in response.text


def test_pages_use_the_chosen_theme(client):
    client.cookies["theme"] = "dark"

    assert '<html lang="en" data-theme="dark">' in client.get("/guidelines/").text


@pytest.mark.parametrize("theme", ["", "purple", '"><script>'])
def test_pages_follow_the_system_theme_by_default(client, theme):
    client.cookies["theme"] = theme

    assert '<html lang="en">' in client.get("/guidelines/").text


def test_htmx_has_eval_and_inline_styles_disabled(client):
    html = client.get("/guidelines/").text
    config = json.loads(re.search(r"""<meta name="htmx-config" content='([^']+)'""", html).group(1))

    assert config["allowEval"] is False
    assert config["includeIndicatorStyles"] is False
    assert {"code": "422", "swap": True} in config["responseHandling"]


def test_the_header_of_a_member_has_their_menu(client):
    client.force_login(MemberFactory(username="ada", display_name="Ada Winter"))

    html = client.get("/guidelines/").text

    assert "Ada Winter" in html
    assert "/u/ada/" in html
    assert "/desk/" not in html
    assert 'href="/admin/"' not in html


def test_the_header_of_the_team_has_their_tools(client):
    client.force_login(MemberFactory(role="manager"))

    html = client.get("/guidelines/").text

    for address in ("/desk/", "/journeys/", "/advocacy/", "/admin/"):
        assert f'href="{address}"' in html


def test_the_brand_colour_of_the_settings_is_linked(client, settings):
    settings.BRAND_COLOUR = "#7A1F5C"

    assert 'href="/brand-7a1f5c.css"' in client.get("/guidelines/").text


@pytest.mark.parametrize("path", ["/guidelines/", "/accounts/login/", "/offline/"])
def test_no_page_waits_for_the_drawings_of_the_icons(client, path):
    page = lxml.html.fromstring(client.get(path).text)

    assert len(page.cssselect("body > link[rel=stylesheet][href*='css/icons']")) == 1
    assert page.cssselect("head link[href*='css/icons']") == []


def test_icons_used_in_templates_are_drawn():
    drawings = (settings.BASE_DIR / "static/css/icons.css").read_text()
    drawn = set(re.findall(r"^\.i-(\S+) {", drawings, re.MULTILINE))
    used = {
        name
        for file in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(
            r"""(?:\bicon\(|\bempty\(|\balert\("\w+", |\bsymbol=|{% icon )"([^"]+)\"""", file.read_text()
        )
    }

    assert len(used) > 50
    assert used - drawn == set()
