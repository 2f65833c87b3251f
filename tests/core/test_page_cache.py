"""The page cache for visitors: size, keys and invalidation."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from django.conf import settings as served
from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.test import Client
from django.urls import include, path

from community.core import demo, page_cache
from community.core.middleware import REFUSED
from community.core.page_cache import OVERHEAD, PageCache
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.urls(__name__)

NOWHERE = "redis://127.0.0.1:1/0"

numbers = count()
during: list = []


@page_cache.for_visitors
def numbered(request: HttpRequest, number: int = 0) -> HttpResponse:
    """A view with a different page on each call; `during` runs while it is rendered."""
    made = next(numbers)
    while during:
        during.pop()()
    return HttpResponse(f"page {made}")


@page_cache.for_visitors
def other(request: HttpRequest, kind: str) -> HttpResponse:
    made = f"page {next(numbers)}"
    if kind == "missing":
        raise Http404
    if kind == "moved":
        return redirect(f"/1/?{made}")
    if kind == "refused":
        return HttpResponse(made, status=403)
    if kind == "streamed":
        return StreamingHttpResponse([made])
    if kind == "xml":
        return HttpResponse(made, content_type="application/xml", headers={"X-Robots-Tag": "noindex"})
    response = HttpResponse(f"{made} {get_token(request) if kind == 'form' else ''}")
    if kind == "cookie":
        response.set_cookie("seen", "yes")
    return response


@page_cache.for_visitors
def asked(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.GET.urlencode())


urlpatterns = [
    path("<int:number>/", numbered),
    path("other/<str:kind>/", other),
    path("asked/", asked),
    path("", include("community.urls")),  # the middleware looks up addresses
]
handler404 = "tests.core.test_page_cache.missing"


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(f"page {next(numbers)}", status=404)


@pytest.fixture(autouse=True)
def empty():
    page_cache.pages.clear()
    during.clear()


def page(client, address="/1/", **asked):
    return client.get(address, **asked).content


def invalidate():
    with transaction.atomic():
        page_cache.invalidate_on_commit()


# Size


def pages_of(*keys, limit, length=100):
    pages = PageCache(limit)
    for key in keys:
        pages.set((key,), b"x" * length, generation="g", seconds=60)
    return pages


def test_pages_stay_within_the_limit():
    entry = 100 + OVERHEAD
    pages = pages_of(*range(50), limit=3 * entry)

    assert pages.size == 3 * entry
    assert [key for key in range(50) if pages.get((key,), generation="g")] == [47, 48, 49]


def test_least_recently_used_pages_are_evicted_first():
    pages = pages_of("a", "b", "c", limit=3 * (100 + OVERHEAD))

    pages.get(("a",), generation="g")
    pages.set(("d",), b"x" * 100, generation="g", seconds=60)

    assert [key for key in "abcd" if pages.get((key,), generation="g")] == ["a", "c", "d"]


def test_replaced_pages_count_once():
    pages = pages_of("a", "a", "a", limit=10**6)

    assert pages.size == 100 + OVERHEAD


def test_page_over_the_limit_is_not_cached():
    pages = pages_of("a", limit=50)

    assert (pages.get(("a",), generation="g"), pages.size) == (None, 0)


def test_page_of_another_generation_is_dropped():
    pages = pages_of("a", limit=10**6)

    found = pages.get(("a",), generation="another")

    assert (found, pages.size, pages.get(("a",), generation="g")) == (None, 0, None)


def test_page_expires():
    pages = PageCache()
    pages.set(("a",), b"x", generation="g", seconds=-1)

    assert (pages.get(("a",), generation="g"), pages.size) == (None, 0)


def test_clear_drops_all_pages():
    pages = pages_of("a", "b", limit=10**6)

    pages.clear()

    assert (pages.get(("a",), generation="g"), pages.size) == (None, 0)


def test_threads_share_the_pages():
    pages = PageCache(20 * (50 + OVERHEAD))

    def work(begin: int) -> None:
        for number in range(begin, begin + 300):
            pages.set((number % 60,), b"x" * (number % 50), generation=str(number % 2), seconds=60)
            pages.get(((number * 7) % 60,), generation="0")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(0, 1200, 300)))

    left = [pages._entries[key].page for key in pages._entries]
    assert pages.size == sum(len(page) + OVERHEAD for page in left) <= pages.limit


# Keys


def test_visitors_share_a_page():
    assert page(Client()) == page(Client())


@pytest.mark.parametrize("address", ["/2/", "/1/?page=2", "/1/?"])
def test_every_url_is_cached_separately(client, address):
    # "/1/?" is the same URL as "/1/".
    assert (page(client) == page(client, address)) is (address == "/1/?")


@pytest.mark.parametrize("query", ["utm=1", "utm=1&utm=2&fbclid", "Page=2", "page[]=2"])
def test_unknown_parameters_do_not_vary_the_page(client, query):
    assert page(client, f"/1/?{query}") == page(client)


@pytest.mark.parametrize("name", page_cache.PARAMETERS)
def test_known_parameters_vary_the_page(client, name):
    assert len({page(client), page(client, f"/1/?{name}=a"), page(client, f"/1/?{name}=b%26q=a")}) == 3


def test_order_and_repetition_of_parameters_do_not_vary_the_page(client):
    assert page(client, "/1/?sort=top&page=2") == page(client, "/1/?page=1&utm=1&page=2&sort=top")


def test_views_see_known_parameters_only(client):
    first = client.get("/asked/?utm=<b>&q=a%26b&page=2&q=last%20%C3%A9")

    assert first.content.decode() == "page=2&q=last+%C3%A9"
    assert client.get("/asked/?page=2&q=last+é").content == first.content


def test_refused_visitor_gets_the_page_without_unknown_parameters(client):
    made = page(client, "/1/?page=2")

    assert page(client, "/1/?utm=1&page=2", **{REFUSED: True}) == made


@pytest.mark.django_db
def test_members_keep_all_parameters(client):
    client.force_login(MemberFactory())

    assert client.get("/asked/?utm=1&page=2").content == b"utm=1&page=2"


@pytest.mark.parametrize(
    "asked",
    [{"headers": {"HX-Request": "true"}}, {"headers": {"Host": "other.example.com"}}],
    ids=["htmx", "host"],
)
def test_pages_vary_by_what_they_depend_on(client, asked):
    first, second = page(client), page(client, **asked)

    assert first != second
    assert [page(client), page(client, **asked)] == [first, second]


def test_each_theme_is_cached_separately(client):
    seen = []
    for theme in ("dark", "light", "no theme", "dark", "another that is none"):
        client.cookies["theme"] = theme
        seen.append(page(client))

    assert len(set(seen)) == 3
    assert (seen[0], seen[2]) == (seen[3], seen[4])


def test_unknown_headers_do_not_vary_the_page(client):
    assert page(client) == page(client, headers={"HX-Request": "yes", "X-Other": "1"})


@pytest.mark.parametrize("cookie", [served.SESSION_COOKIE_NAME, served.CSRF_COOKIE_NAME, "messages"])
@pytest.mark.django_db
def test_requests_with_personal_cookies_are_not_cached(cookie):
    kept = page(Client())
    someone = Client()
    someone.cookies[cookie] = "x"

    seen = [page(someone), page(someone)]

    assert len({kept, *seen}) == 3
    assert page(Client()) == kept


@pytest.mark.django_db
def test_member_pages_are_neither_served_from_nor_stored_in_the_cache(client):
    client.force_login(MemberFactory())
    first = page(client)

    assert len({first, page(client), page(Client())}) == 3


def test_posting_is_not_answered_from_the_cache(client):
    kept = page(client)

    assert client.post("/1/").content != kept
    assert page(client) == kept


def test_head_is_answered_from_the_cache(client):
    kept = page(client)

    response = client.head("/1/")

    assert (response.content, response["Content-Length"]) == (b"", str(len(kept)))
    assert page(client) == kept


@pytest.mark.parametrize("kind", ["missing", "moved", "refused", "streamed", "form", "cookie"])
def test_only_complete_public_pages_are_cached(kind):
    def answer():
        response = Client().get(f"/other/{kind}/")
        return b"".join(response) or response["Location"]

    assert answer() != answer()


def test_cached_page_has_the_original_headers():
    for address in ("/1/", "/other/xml/"):
        made, kept = (Client().get(address) for _ in range(2))

        assert made.content == kept.content
        assert dict(made.headers) == dict(kept.headers)


def test_refused_visitor_gets_the_page_with_its_headers(client):
    made = client.get("/other/xml/")

    found = client.get("/other/xml/", **{REFUSED: True})

    assert (found.content, found["Content-Type"]) == (made.content, "application/xml")


# Invalidation


def test_nothing_is_cached_when_disabled(client, settings):
    settings.PAGE_CACHE_SECONDS = 0

    assert page(client) != page(client)


def test_nothing_is_cached_while_the_demo_is_seeded(client, tmp_path, settings):
    settings.DEMO_MARK = tmp_path / "mark"

    with demo.being_written():
        unfinished = page(client)

    assert page(client) != unfinished


@pytest.mark.django_db(transaction=True)
def test_pages_from_before_an_invalidation_are_not_shown(client):
    before = {address: page(client, address) for address in ("/1/", "/2/")}

    invalidate()

    assert [page(client, address) == before[address] for address in before] == [False, False]


@pytest.mark.django_db(transaction=True)
def test_page_rendered_during_an_invalidation_is_not_cached(client):
    during.append(invalidate)

    assert page(client) != page(client)


@pytest.mark.django_db(transaction=True)
def test_page_is_shown_until_the_change_is_committed(client):
    before = page(client)

    with transaction.atomic():
        page_cache.invalidate_on_commit()
        meanwhile = page(client)
        transaction.set_rollback(True)

    assert [meanwhile, page(client)] == [before, before]


def test_losing_the_generation_invalidates_pages(client):
    before = page(client)

    cache.delete(page_cache.GENERATION)

    assert page(client) != before


@pytest.mark.django_db(transaction=True)
def test_pages_are_not_cached_while_redis_is_down(client, settings):
    before = page(client)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": NOWHERE}}

    seen = [page(client), page(client)]
    invalidate()

    assert len({before, *seen, page(client)}) == 4
