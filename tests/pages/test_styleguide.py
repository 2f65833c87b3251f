"""The style guide: every macro in templates/components/ in all its states, for staff."""

import re
from dataclasses import replace

import pytest
from django.db import connection
from django.shortcuts import render
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from jinja2 import nodes

from community.importers.services.attribution import Attribution
from community.pages import styleguide
from tests.translation import jinja_templates

ADDRESS = "/styleguide/"
HOSTILE = "<script>alert(1)</script>"
GUIDE = re.compile(r"pages/(styleguide|_guide\w*)\.html")

pytestmark = pytest.mark.django_db


@pytest.fixture
def html(as_manager):
    return as_manager.get(ADDRESS).text


def called(node):
    return {call.node.name for call in node.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}


def test_every_macro_is_shown():
    """Every macro needs an example, except those used only by other macros."""
    macros = {
        macro.name: macro
        for name, template in jinja_templates().items()
        if name.startswith("components/")
        for macro in template.find_all(nodes.Macro)
    }
    shown = set().union(*(called(one) for name, one in jinja_templates().items() if GUIDE.fullmatch(name)))

    for _ in range(5):
        shown |= set().union(*(called(macros[name]) for name in shown & set(macros)))

    assert len(macros) > 30
    assert set(macros) - shown == set()


@pytest.mark.parametrize("role", ["manager", "moderator", "product", "support", "sales"])
def test_staff_can_open_it(client, log_in, role):
    log_in(role=role)

    assert client.get(reverse("pages:styleguide")).status_code == 200


def test_members_cannot_open_it(client, log_in):
    log_in()

    response = client.get(ADDRESS)

    assert response.status_code == 403
    assert "The style guide is for the team." in response.text


def test_visitors_are_redirected_to_log_in(client):
    assert client.get(ADDRESS)["Location"] == f"/accounts/login/?next={ADDRESS}"


def test_its_examples_are_not_saved():
    with CaptureQueriesContext(connection) as queries:
        styleguide.examples()

    assert len(queries) == 0


def test_nothing_on_it_can_be_submitted(html):
    """htmx ignores everything inside hx-disable, and the buttons belong to no form."""
    examples = html[html.index("<div hx-disable>") :]
    assert "formaction=" in examples
    assert 'form="act"' not in examples


def test_posts_are_shown_in_every_status(html):
    shown = re.findall(r'<article class="post" id="p\d+"(?: data-status="(\w+)")?', html)

    assert set(shown) == {"", "pending", "hidden", "deleted"}


def test_buttons_are_shown_pressed_and_not(html):
    pressed = re.findall(r'<button [^>]*name="(up|down|unvote|like|unlike)"[^>]* aria-pressed="(\w+)"', html)

    assert set(pressed) == {
        ("up", "false"),
        ("down", "false"),
        ("unvote", "true"),
        ("like", "false"),
        ("unlike", "true"),
    }


def test_lists_are_shown_at_their_beginning_middle_and_end(html):
    ends = [
        ('rel="prev"' in nav, 'rel="next"' in nav)
        for nav in re.findall(r'<nav class="pagination".*?</nav>', html, re.S)
    ]

    assert ends == [(False, True), (True, True), (True, False)]


def test_ids_are_unique(html):
    ids = re.findall(r'\sid="([^"]+)"', html)

    assert sorted(ids) == sorted(set(ids))


def test_user_input_is_escaped_in_every_macro(rf, manager):
    examples = styleguide.examples()
    posts = examples["posts"].values()
    people = {
        id(one): one for one in [examples["ada"], examples["customer"], *(view.author for view in posts)]
    }.values()
    for member in people:
        member.display_name = HOSTILE
    for topic in examples["topics"]:
        topic.title = topic.headline = topic.snippet = topic.excerpt = topic.category.name = HOSTILE
    for view in posts:
        view.post.status_reason = HOSTILE
        view.post.byline = view.post.byline and HOSTILE
    for held in examples["held"]:
        held.badge.name = HOSTILE
    events = [replace(one, action=HOSTILE, about=HOSTILE, excerpt=HOSTILE) for one in examples["events"]]
    origins = [Attribution(HOSTILE, "", HOSTILE, "") for _ in examples["origins"]]
    request = rf.get(ADDRESS)
    request.user, request.htmx, request.session = manager, False, {}

    html = render(request, "pages/styleguide.html", {**examples, "events": events, "origins": origins}).text

    assert HOSTILE not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 50


def test_the_view_only_reads(as_manager):
    assert as_manager.post(ADDRESS).status_code == 405
