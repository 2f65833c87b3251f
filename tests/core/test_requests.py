import pytest

from community.core.requests import is_person, own_url, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("12", 12),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("", None),
        ("-1", None),
        ("٣", None),
        ("²", None),
    ],
)
def test_whole_number_takes_ascii_digits_only(text, number):
    assert whole_number(text) == number


def test_whole_number_takes_at_most_so_many_digits():
    assert (whole_number("99", digits=2), whole_number("100", digits=2)) == (99, None)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("/topics/1/?page=2", True),
        ("http://testserver/", True),
        ("https://example.org/", False),
        ("//example.org/", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_own_url_is_empty_for_other_sites(rf, url, safe):
    assert own_url(rf.get("/"), url) == (url if safe else "")


@pytest.mark.parametrize(
    ("headers", "person"),
    [
        ({}, True),
        ({"Sec-Fetch-Dest": "document"}, True),
        ({"Sec-Fetch-Dest": "empty", "HX-Request": "true"}, True),
        ({"Sec-Fetch-Dest": "empty"}, False),
        ({"Sec-Fetch-Dest": ""}, False),
        *[
            ({"Sec-Fetch-Dest": dest}, False)
            for dest in ("image", "script", "style", "iframe", "serviceworker")
        ],
        ({"Sec-Fetch-Dest": "image", "HX-Request": "true"}, False),
        ({"Sec-Fetch-Dest": "document", "Sec-Purpose": "prefetch"}, False),
        ({"Sec-Fetch-Dest": "document", "Sec-Purpose": "prefetch;prerender"}, False),
        ({"Sec-Fetch-Dest": "document", "Sec-Purpose": "prefetch;anonymous-client-ip"}, False),
        ({"Purpose": "prefetch"}, False),
        ({"X-Purpose": "preview"}, False),
        ({"X-Moz": "Prefetch"}, False),
    ],
)
def test_is_person_trusts_what_the_browser_says_it_fetches_for(rf, headers, person):
    assert is_person(rf.get("/", headers=headers)) is person


def test_is_person_is_false_for_head_requests(rf):
    assert not is_person(rf.head("/"))
