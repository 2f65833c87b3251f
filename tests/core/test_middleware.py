import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from community.core.middleware import WithoutNul


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
