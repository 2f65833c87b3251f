import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from community.core.middleware import ClientAddress, WithoutNul
from tests.factories.members import MemberFactory


def passed_on(request):
    """What the views behind the middleware are given; None when it answers by itself."""
    seen = []

    def view(inner):
        seen.append(inner)
        return HttpResponse("ok")

    response = WithoutNul(view)(request)
    return (seen[0] if seen else None), response


def test_without_nul_leaves_what_is_sound_alone():
    request, _ = passed_on(RequestFactory().get("/u/zoë/?q=50%25+00"))

    assert (request.path_info, request.GET["q"]) == ("/u/zoë/", "50% 00")


@pytest.mark.parametrize("query", ["q=a%00b", "q=a%%0000b", "q=%00%00ab", "q=a%00b%00"])
def test_without_nul_takes_it_out_of_the_query(query):
    request, _ = passed_on(RequestFactory().get("/search/", QUERY_STRING=query))

    assert request.GET["q"] == "ab"


def test_without_nul_knows_no_path_with_one():
    request, response = passed_on(RequestFactory().get("/u/a%00b/"))

    assert (request, response.status_code) == (None, 404)


def test_without_nul_leaves_out_a_cookie_with_one():
    asked = RequestFactory().get("/", headers={"cookie": 'sessionid="\\000aaaaaaaaaa"; theme=dark'})

    request, _ = passed_on(asked)

    assert request.COOKIES == {"theme": "dark"}


@pytest.mark.parametrize(
    ("behind", "forwarded", "address"),
    [
        (True, "203.0.113.7", "203.0.113.7"),
        (True, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (True, "", "172.18.0.2"),
        (False, "203.0.113.7", "172.18.0.2"),
    ],
)
def test_client_address_is_what_our_own_proxy_says(settings, behind, forwarded, address):
    settings.BEHIND_PROXY = behind
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR="172.18.0.2", headers=headers)

    ClientAddress(lambda inner: HttpResponse())(request)

    assert request.META["REMOTE_ADDR"] == address


@pytest.mark.django_db
def test_wrong_passwords_of_one_keep_nobody_else_out(client, settings):
    settings.BEHIND_PROXY = True
    member = MemberFactory(password="a right password")

    def log_in(email, password, *, address):
        data = {"login": email, "password": password}
        headers = {"X-Forwarded-For": address}
        return client.post("/accounts/login/", data, headers=headers, REMOTE_ADDR="172.18.0.2")

    for number in range(15):
        log_in(f"nobody{number}@example.com", "a wrong one", address=f"10.9.8.{number}, 203.0.113.7")

    guesses = log_in(member.email, "a right password", address="10.9.8.77, 203.0.113.7")
    assert guesses.status_code != 302
    assert log_in(member.email, "a right password", address="203.0.113.8").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/latest/", "/search/?q=x", "/me/", "/guidelines/"])
def test_page_for_a_member_is_kept_by_nobody_between(client, path):
    client.force_login(MemberFactory())

    response = client.get(path)

    assert response["Cache-Control"] == "private"
    assert {"Cookie", "HX-Request"} <= set(response["Vary"].split(", "))


@pytest.mark.django_db
def test_page_for_visitors_is_not_handed_to_members(client):
    responses = [client.get("/latest/") for _ in range(2)]

    assert ["Cookie" in response["Vary"] for response in responses] == [True, True]


def test_what_says_how_it_may_be_kept_is_left_alone(client):
    response = client.get("/brand-0f766e.css")

    assert response["Cache-Control"].startswith("public")
    assert "Cookie" not in response.get("Vary", "")
