"""Right-to-left names and titles do not reorder the text around them, on any page."""

import re

import pytest
from lxml import html

from community.core.text import isolated
from community.members.models import Company
from community.notifications.models import Notification
from community.notifications.services import notify
from community.prospects.models import ProspectForum, RosterEntry
from community.qa import services as qa
from tests.browser.test_accessibility import MEMBER_PAGES, STAFF_PAGES, VISITOR_PAGES
from tests.factories.badges import AwardFactory, BadgeFactory
from tests.factories.forum import AnswerFactory, CategoryFactory, QuestionFactory, TagFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

HEBREW = re.compile("[\u0590-\u05ff]")
IN_ISOLATES = re.compile("\u2068[^\u2068\u2069]*\u2069")
MORE_PAGES = {
    "visitor": ["/posts/{answer}/history/", "/u/ada/?tab=topics", "/badges/{badge}/"],
    "member": [
        "/topics/{topic}/reply/",
        "/posts/{post}/comment/",
        "/posts/{answer}/menu/",
        "/search/?q=coffee",
    ],
    "manager": [
        "/latest/",
        "/topics/{topic}/move/",
        "/topics/{topic}/split/",
        "/posts/{post}/menu/",
        "/desk/",
    ],
}


def named(word):
    """Return a name with letters of both directions that ends in characters that would jump to the other side."""
    return f"שלום {word} (עולם)!"


@pytest.fixture
def world():
    company = Company.objects.create(name=named("Company"), slug="company")
    ada = MemberFactory(
        username="ada",
        display_name=named("Ada"),
        location=named("Place"),
        company=company,
        customer_since="2026-01-01",
    )
    bo = MemberFactory(username="bo", display_name=named("Bo"), role="sales", company=company)
    parent = CategoryFactory(name=named("Parent"), description=named("About"))
    category = CategoryFactory(name=named("Category"), slug="machines", kind="prospect", parent=parent)
    forum = ProspectForum.objects.create(category=category, welcome=named("Welcome"))
    RosterEntry.objects.create(forum=forum, member=bo, real_name=named("Real"), title=named("Title"))
    topic = QuestionFactory(
        category=category,
        author=ada,
        title=named("Coffee question"),
        excerpt=named("Excerpt"),
        tags=[TagFactory(name="steam"), TagFactory(name="קיטור")],
        closed_by=bo,
        closed_at="2026-01-01T00:00Z",
    )
    answer = AnswerFactory(topic=topic, author=bo)
    QuestionFactory(category=category, author=ada, title=named("Another"), pinned_at="2026-01-01T00:00Z")
    qa.accept_answer(answer, actor=bo)
    qa.mark_official(answer, actor=bo)
    badge = BadgeFactory(name=named("Badge"))
    AwardFactory(badge=badge, member=ada, post=topic.posts.first())
    for kind in (Notification.Kind.REPLY, Notification.Kind.MENTION, Notification.Kind.ACCEPTED):
        notify(ada, kind=kind, subject=answer, actor=bo)
    return {
        "topic": topic.pk,
        "badge": badge.slug,
        "ada": ada,
        "post": topic.posts.first().pk,
        "answer": answer.pk,
    }


def reordered(response):
    """Return the texts on a page that are not isolated but may share a line with others."""
    page = html.fromstring(response.content.decode())
    found = []
    for node in page.cssselect("body")[0].iter():
        if not isinstance(node.tag, str) or node.tag in ("script", "textarea", "title"):
            continue
        for text, element in ((node.text, node), (node.tail, node.getparent())):
            left = IN_ISOLATES.sub("", text or "")
            if HEBREW.search(left) and not is_isolated(element):
                found.append(f"<{element.tag} class={element.get('class')}> {' '.join(left.split())}")
        attributes = (node.get(name) or "" for name in ("title", "aria-label", "alt"))
        found += [f"{node.tag}: {one}" for one in attributes if HEBREW.search(IN_ISOLATES.sub("", one))]
    return found


def is_isolated(element):
    if (
        element.tag in ("bdi", "option") or element.get("dir") == "auto"
    ):  # an option is a paragraph of its own
        return True
    return any(one.get("class") in ("avatar", "diff", "prose") for one in (element, *element.iterancestors()))


@pytest.mark.parametrize("reader", ["visitor", "member", "manager"])
def test_names_and_titles_are_isolated_on_every_page(client, world, reader):
    paths = {"visitor": VISITOR_PAGES, "member": MEMBER_PAGES, "manager": STAFF_PAGES}[reader]
    if reader != "visitor":
        client.force_login(world["ada"] if reader == "member" else MemberFactory(role="manager"))

    found, shown = {}, 0
    for path in [*paths, *MORE_PAGES[reader]]:
        if path.startswith(("/admin", "/styleguide")):
            continue
        response = client.get(path.format(**world), follow=True)
        shown += bool(HEBREW.search(response.content.decode()))
        if wrong := reordered(response):
            found[path] = wrong

    assert found == {}
    assert shown >= 8


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("Ada Winter", "Ada Winter"),
        ("Zoë 🫖 漢字", "Zoë 🫖 漢字"),
        ("שלום", "\u2068שלום\u2069"),
        ("Ada مرحبا!", "\u2068Ada مرحبا!\u2069"),
        ("a\u202eb", "\u2068a\u202eb\u2069"),
        ("", ""),
    ],
)
def test_isolated_encloses_text_with_right_to_left_letters(text, result):
    assert isolated(text) == result
