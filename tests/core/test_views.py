import pytest
from django.urls import reverse

from community.core import brand

CHOOSE = "/theme/"


def test_theme_choose_saves_the_choice_and_redirects_back(client):
    response = client.post(
        CHOOSE, {"theme": "dark"}, headers={"referer": "http://testserver/guidelines/?x=1"}
    )

    assert response.status_code == 302
    assert response["Location"] == "http://testserver/guidelines/?x=1"
    assert client.cookies["theme"].value == "dark"


def test_theme_choose_system_deletes_the_choice(client):
    client.post(CHOOSE, {"theme": "dark"})

    client.post(CHOOSE, {"theme": "system"})

    assert client.cookies["theme"].value == ""


@pytest.mark.parametrize("theme", ["", "<script>", "purple"])
def test_theme_choose_refuses_unknown_themes(client, theme):
    client.post(CHOOSE, {"theme": theme})

    assert client.cookies["theme"].value == ""


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_theme_choose_does_not_redirect_to_other_sites(client, back):
    response = client.post(CHOOSE, {"theme": "dark"}, headers={"referer": back})

    assert response["Location"] == "/"


def test_theme_choose_requires_post(client):
    assert client.get(CHOOSE).status_code == 405


def test_brand_css_is_the_stylesheet_of_the_colour(client):
    address = reverse("core:brand-css", args=["#0F766E"])

    response = client.get(address)

    assert address == "/brand-0f766e.css"
    assert response.text == brand.stylesheet("#0f766e")
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response["Cache-Control"]


@pytest.mark.parametrize("colour", ["teal", "0f766", "0f766e;}"])
def test_brand_css_of_an_invalid_colour_is_not_found(client, colour, db):
    assert client.get(f"/brand-{colour}.css").status_code == 404
