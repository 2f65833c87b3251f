"""Every link on a page works for its reader: no visitor, member or staff role is led to a 403 or 404."""

from __future__ import annotations

import re
from collections import Counter, deque
from html import unescape
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve

from community.members.models import Member
from tests.factories.members import MemberFactory
from tests.site_pages import furnish

pytestmark = pytest.mark.django_db
_LINK = re.compile(r'<(?:a|area)\s[^>]*?href="([^"]*)"|data-get="([^"]*)"|hx-get="([^"]*)"')
# How many links to each view are followed, as a sample; in the admin, one.
PER_VIEW = 3
STARTS = [
    "/",
    "/latest/",
    "/me/",
    "/desk/",
    "/journeys/",
    "/advocacy/",
    "/admin/",
    "/badges/",
    "/notifications/",
]


@pytest.fixture(scope="module")
def community(module_db):
    return furnish()


def links_in(page: str, path: str) -> list[str]:
    """Return the addresses on this site that the page links to, without fragments."""
    found = [unescape(next(filter(None, groups))) for groups in _LINK.findall(page) if any(groups)]
    urls = [urlsplit(urljoin(f"http://testserver{path}", href)) for href in found]
    here = [url for url in urls if url.netloc == "testserver" and url.scheme == "http"]
    return [f"{url.path}?{url.query}" if url.query else url.path for url in here]


def kind_of(link: str) -> tuple[str, ...] | None:
    """Return the view and its parameters' names (not in admin lists, which have too many); None for files."""
    url = urlsplit(link)
    if url.path.startswith(("/static/", "/media/")):
        return None
    try:
        match = resolve(url.path)
    except Resolver404:
        return (url.path,)
    if url.path.startswith("/admin/"):
        return (match.view_name,)
    return (match.view_name, *sorted({name for name, _ in parse_qsl(url.query, keep_blank_values=True)}))


def broken_links(client) -> list[tuple[str, int, str]]:
    """Follow links breadth-first from STARTS; return broken ones as link, status and the page it was on."""
    followed: Counter[tuple[str, ...]] = Counter()
    seen, broken = set(STARTS), []
    queue = deque((path, "") for path in STARTS)
    while queue:
        path, page = queue.popleft()
        response = client.get(path, follow=True)
        if response.status_code >= 400 and page:
            broken.append((path, response.status_code, page))
        if response.status_code != 200 or "html" not in response.get("Content-Type", ""):
            continue
        for link in links_in(response.content.decode(), path):
            kind = kind_of(link)
            most = 1 if link.startswith("/admin/") else PER_VIEW
            if link in seen or kind is None or followed[kind] >= most or "logout" in link:
                continue
            seen.add(link)
            followed[kind] += 1
            queue.append((link, path))
    assert len(seen) > 30  # a page that fails early would have no links
    return broken


@pytest.mark.parametrize("role", ["visitor", "", "manager", "moderator", "sales", "support", "product"])
def test_no_page_links_to_what_its_reader_may_not_see(client, community, role):
    if role != "visitor":
        member = MemberFactory(role=role)
        if role == "sales":
            member = Member.objects.filter(roster__isnull=False).first()
        client.force_login(member)

    assert broken_links(client) == []
