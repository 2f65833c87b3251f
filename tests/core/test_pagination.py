import pytest
from django.http import Http404
from django.template import engines
from django.test import RequestFactory

from community.core.pagination import page_of
from community.members.models import Member
from tests.factories.members import MemberFactory

PAGINATION = '{% from "components/navigation.html" import pagination %}{{ pagination(request, page) }}'


def asking(query: str = ""):
    return RequestFactory().get(f"/latest/{query}")


def test_page_of_returns_the_first_page_by_default():
    page = page_of(asking(), range(45))

    assert (page.number, list(page), page.paginator.num_pages) == (1, list(range(20)), 3)


def test_page_of_returns_the_requested_page():
    assert list(page_of(asking("?page=3"), range(45))) == [40, 41, 42, 43, 44]


def test_page_of_beyond_the_end_returns_the_last_page():
    assert page_of(asking("?page=99"), range(45)).number == 3


def test_page_of_an_empty_list_is_one_empty_page():
    page = page_of(asking("?page=2"), [])

    assert (page.number, list(page)) == (1, [])


@pytest.mark.parametrize("asked", ["0", "-1", "two", "1.5", "", "²", "9" * 30, "%00"])
def test_page_of_a_mistyped_number_is_not_found(asked):
    with pytest.raises(Http404, match="no page"):
        page_of(asking(f"?page={asked}"), range(45))


@pytest.mark.django_db
def test_page_of_with_a_known_total_does_not_count(django_assert_num_queries):
    MemberFactory.create_batch(3)

    with django_assert_num_queries(1):
        page = page_of(asking(), Member.objects.order_by("pk"), total=3)
        list(page)

    assert page.paginator.count == 3


def drawn(query: str, rows: int) -> str:
    request = asking(query)
    page = page_of(request, range(rows))
    template = engines["jinja2"].from_string(PAGINATION)
    return template.render({"request": request, "page": page})


def test_pagination_of_a_single_page_is_nothing():
    assert drawn("", 20).strip() == ""


def test_pagination_keeps_other_query_parameters():
    html = drawn("?page=2&tag=steam", 60)

    assert 'href="?page=1&amp;tag=steam"' in html
    assert 'href="?page=3&amp;tag=steam" rel="next"' in " ".join(html.split())


def test_pagination_marks_the_current_page_and_omits_distant_ones():
    html = drawn("?page=10", 400)

    assert html.count('aria-current="page"') == 1
    assert html.count("…") == 2
    assert "page=15" not in html
