"""Every link on a page works for its reader: no visitor, member or staff role is led to a 403 or 404."""

from __future__ import annotations

import re
from collections import Counter, deque
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.urls import Resolver404, resolve
from django.utils import timezone

from community.events.catalogue import REACTION_GIVEN, STRIKE_UPHELD
from community.forum.services import posts, tags, topics
from community.members.models import Invitation, Member
from community.moderation.services import flags, review_queue, sanctions
from community.notifications.services import notify
from community.prospects.services import claims
from community.qa import services as qa
from tests.factories.badges import AwardFactory, happen
from tests.factories.forum import CategoryFactory, QuestionFactory, TopicFactory
from tests.factories.members import CompanyFactory, GuidelinesFactory, MemberFactory
from tests.factories.prospects import RosterEntryFactory, a_peer, a_prospect_asks, a_reply
from tests.journeys.journey_fixtures import bought, drained, replied

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


@pytest.fixture
def world():
    """A community with one of everything that pages link to, and a member of each role."""
    GuidelinesFactory()
    company = CompanyFactory(name="Acme", verified_domains=["acme.example"])
    asker, helper, spammer = (
        MemberFactory(company=company, customer_since="2025-01-01"),
        a_peer(customer_since="2025-02-01"),
        MemberFactory(),
    )
    moderator = MemberFactory(role="moderator", username="mod-of-all")
    question = QuestionFactory(author=asker)
    tags.assign(question, ["grinders"])
    answer = a_reply(question, helper)
    qa.accept_answer(answer, actor=asker)
    qa.mark_official(answer, actor=moderator)
    posts.edit(answer, actor=helper, source="A better text for this answer.")
    private = TopicFactory(category=CategoryFactory(groups=[Group.objects.create(name="insiders")]))
    target = TopicFactory(category=question.category)
    topics.merge(TopicFactory(category=question.category), into=target, actor=moderator)
    topics.close(target, actor=moderator, reason="Solved elsewhere.")
    hidden, deleted, held = (a_reply(question, spammer) for _ in range(3))
    posts.hide(hidden, actor=moderator, reason="Advertising.")
    posts.delete(deleted, actor=spammer)
    review_queue.add_held(held, "First post")
    flags.add(a_reply(question, spammer), actor=helper, reason="spam")
    sanctions.impose(spammer, actor=moderator, kind="suspension", rule="spam", reason="Spam.", post=hidden)
    entry = RosterEntryFactory()
    desk_question = a_prospect_asks(entry.forum, author=spammer)
    for asked in (desk_question, a_prospect_asks(entry.forum, author=MemberFactory(company=company))):
        a_reply(asked.topic, helper)
    colleague = RosterEntryFactory(forum=entry.forum)
    claims.claim_question(asked, actor=entry.member)
    claims.hand_over(asked, actor=entry.member, to=colleague.member, note="Yours.")
    gone = MemberFactory(username="left-us", is_active=False)
    left = TopicFactory(author=gone, category=question.category)
    AwardFactory(member=gone, post=left.posts.get())
    a_reply(question, gone)
    AwardFactory(member=helper, post=answer, badge__icon="award")
    Invitation.objects.create(member=MemberFactory(unclaimed=True), email="a@b.example", invited_by=moderator)
    for member in Member.objects.exclude(role=""):
        notify(member, kind="reply", subject=answer)
        notify(member, kind="mention", subject=private.posts.get())
        notify(member, kind="moderation", subject=hidden, text="Look at this.")
    happen(REACTION_GIVEN, helper, type="like", topic_id=question.pk, subject=answer)
    happen(STRIKE_UPHELD, spammer, severity=1, kind="spam", at=timezone.now() - timedelta(days=2))
    replied(helper, 3)
    bought(asker, 40)
    drained()


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
def test_no_page_links_to_what_its_reader_may_not_see(client, world, role):
    if role != "visitor":
        member = MemberFactory(role=role)
        if role == "sales":
            member = Member.objects.filter(roster__isnull=False).first()
        client.force_login(member)

    assert broken_links(client) == []
