"""The pages of the site by reader, and a community with one of everything that they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from community.core.markdown import render
from community.events.catalogue import REACTION_GIVEN, STRIKE_UPHELD
from community.forum.models import Post, Topic
from community.forum.services import posts, read_states, tags, topics
from community.members.models import Invitation, Member
from community.moderation.services import flags, review_queue, sanctions
from community.notifications.services import notify
from community.prospects.services import claims
from community.qa import services as qa
from tests.factories.badges import AwardFactory, BadgeFactory, happen
from tests.factories.forum import (
    CategoryFactory,
    CommentFactory,
    PostFactory,
    QuestionFactory,
    TagFactory,
    TopicFactory,
)
from tests.factories.members import CompanyFactory, GuidelinesFactory, MemberFactory
from tests.factories.prospects import (
    ProspectForumFactory,
    RosterEntryFactory,
    a_peer,
    a_prospect_asks,
    a_reply,
)
from tests.journeys.journey_fixtures import bought, drained, replied

PAGES = {
    "visitor": [
        "/",
        "/latest/",
        "/hot/",
        "/top/",
        "/unanswered/",
        "/c/machines/",
        "/t/{topic}/",
        "/t/{topic}/?page=2",
        "/t/{closed}/",
        "/tags/",
        "/tags/steam/",
        "/search/?q=coffee",
        "/search/?q=tag:a-tag",
        "/search/",
        "/u/ada/",
        "/u/ada/?tab=answers",
        "/u/ada/?tab=topics",
        "/badges/",
        "/badges/{badge}/",
        "/posts/{answer}/history/",
        "/guidelines/",
        "/prospects/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/nowhere/",
    ],
    "member": [
        "/",
        "/new/?kind=question",
        "/t/{topic}/",
        "/p/{answer}/flag/",
        "/topics/{topic}/reply/",
        "/posts/{post}/comment/",
        "/posts/{post}/edit/",
        "/posts/{post}/history/",
        "/posts/{answer}/menu/",
        "/search/?q=coffee",
        "/u/ada/",
        "/me/",
        "/me/journey/",
        "/me/advocacy/",
        "/me/notifications/",
        "/me/settings/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
    ],
    "manager": [
        "/",
        "/latest/",
        "/t/{topic}/",
        "/topics/{topic}/close/",
        "/topics/{topic}/move/",
        "/topics/{topic}/merge/",
        "/topics/{topic}/split/",
        "/posts/{post}/menu/",
        "/desk/",
        "/desk/{question}/",
        "/journeys/",
        "/journeys/rules/",
        "/journeys/members/?stage=engagement",
        "/journeys/members/ada/",
        "/advocacy/",
        "/u/ada/",
        "/me/",
        "/admin/",
        "/styleguide/",
    ],
}

Namer = Callable[[str, int], str]
WORDS = "Some words about *coffee*."


def plainly(what: str, most: int) -> str:
    return what


@dataclass(frozen=True)
class Community:
    """What `furnish` created: the member whose pages PAGES shows, and the values for its addresses."""

    ada: Member
    values: dict[str, object]


@dataclass(frozen=True)
class _People:
    """Ada asks, Bo helps, and Sam advertises."""

    ada: Member
    bo: Member
    sam: Member
    moderator: Member


def furnish(name: Namer = plainly, *, source: str = WORDS) -> Community:
    """Create a community with one of everything that pages show and link to, and members of most roles.

    `name("Badge", 60)` names things, in at most that many characters; posts consist of `source`.
    """
    people = _people(name, render(source).html)
    seller = RosterEntryFactory(
        forum=_prospect_forum(name), member__display_name=name("Seller", 80), title=name("Advisor", 80)
    )
    question = _question(name, source, people, seller.forum.category, seller.member)
    answer = _answers(name, source, people, question, seller.member)
    closed = _topics(name, people, question)
    _moderated(name, people, question)
    asked = _desk(name, people, seller)
    badge = BadgeFactory(name=name("Badge", 60), sentence=name("What it is for", 200))
    for member in (people.ada, people.bo):
        AwardFactory(badge=badge, member=member, post=answer)
    _notifications(name, people, answer)
    _history(people, question, answer)
    post = question.posts.get(number=1)
    values = {"topic": question.pk, "post": post.pk, "answer": answer.pk, "closed": closed.pk}
    return Community(people.ada, {**values, "badge": badge.slug, "question": asked.pk})


def _people(name: Namer, bio: str) -> _People:
    GuidelinesFactory()
    company = CompanyFactory(name=name("Company", 200), slug="company", verified_domains=["company.example"])
    ada = MemberFactory(
        username="ada",
        display_name=name("Ada", 80),
        location=name("Place", 120),
        company=company,
        customer_since="2026-01-01",
        bio_html=bio,
        last_seen_at=timezone.now() - timedelta(days=2),
    )
    bo = a_peer(username="bo", display_name=name("Bo", 80), company=company, customer_since="2025-02-01")
    sam = MemberFactory(display_name=name("Sam", 80))
    moderator = MemberFactory(role="moderator", username="moderator", display_name=name("Moderator", 80))
    Invitation.objects.create(member=MemberFactory(unclaimed=True), email="a@b.example", invited_by=moderator)
    return _People(ada, bo, sam, moderator)


def _prospect_forum(name: Namer) -> Any:
    parent = CategoryFactory(name=name("Parent", 80), description=name("About the parent", 300))
    return ProspectForumFactory(
        category__name=name("Machines", 80),
        category__slug="machines",
        category__description=name("About machines", 300),
        category__kind="prospect",
        category__parent=parent,
        welcome=name("Welcome", 300),
    )


def _question(name: Namer, source: str, people: _People, category: Any, seller: Member) -> Topic:
    """Create a question of more than one page, about everything that a topic page shows."""
    question = QuestionFactory(
        category=category,
        title=name("Coffee question", 255),
        excerpt=name("Excerpt", 300),
        author=people.ada,
        tags=[TagFactory(name="steam"), TagFactory(name=name("Tag", 35), slug="a-tag")],
        opening__source=source,
        opening__html=render(source).html,
    )
    PostFactory.create_batch(20, topic=question, author=people.ada, kind="answer")
    return question


def _answers(name: Namer, source: str, people: _People, question: Topic, seller: Member) -> Post:
    """Add an edited, accepted and official answer with a comment; return it."""
    text = {"source": source, "html": render(source).html}
    answer = a_reply(question, seller, like_count=1234, **text)
    a_reply(question, people.bo, **text)
    for parent in (question.posts.get(number=1), answer):
        CommentFactory(parent=parent, topic=question, author=seller, **text)
    posts.edit(answer, actor=seller, source=f"{source}\n\nMore.", reason=name("Reason", 300))
    answer.refresh_from_db()
    qa.accept_answer(answer, actor=seller)
    qa.mark_official(answer, actor=seller)
    return answer


def _topics(name: Namer, people: _People, question: Topic) -> Topic:
    """Add a private topic, one by a member who left, one that was merged and a closed one; return the closed one."""
    topic = {"category": question.category}
    TopicFactory(category=CategoryFactory(groups=[Group.objects.create(name="insiders")]), author=people.ada)
    gone = MemberFactory(username="left-us", display_name=name("Gone", 80), is_active=False)
    left = TopicFactory(author=gone, **topic)
    AwardFactory(member=gone, post=left.posts.get())
    a_reply(left, gone)
    closed = TopicFactory(author=people.bo, title=name("Closed", 255), pinned_at="2026-01-01T00:00Z", **topic)
    tags.assign(closed, ["grinders"])
    topics.merge(TopicFactory(author=people.bo, **topic), into=closed, actor=people.moderator)
    topics.close(closed, actor=people.moderator, reason=name("Solved", 200))
    return closed


def _moderated(name: Namer, people: _People, question: Topic) -> None:
    """Add posts that were hidden, deleted, held or flagged, and suspend their author."""
    hidden, deleted, held, flagged = (a_reply(question, people.sam) for _ in range(4))
    posts.hide(hidden, actor=people.moderator, reason=name("Advertising", 300))
    posts.delete(deleted, actor=people.sam)
    review_queue.add_held(held, name("First post", 80))
    flags.add(flagged, actor=people.bo, reason="spam")
    reason = name("Spam", 200)
    sanctions.impose(
        people.sam, actor=people.moderator, kind="suspension", rule="spam", reason=reason, post=hidden
    )
    a_reply(question, people.ada, status="pending", status_reason=name("Waiting", 300))


def _desk(name: Namer, people: _People, seller: Any) -> Any:
    """Add prospects' questions with a reply, and return one that was handed to a colleague."""
    asked = []
    for author in (people.sam, MemberFactory(company=people.ada.company, display_name=name("Prospect", 80))):
        asked.append(a_prospect_asks(seller.forum, author=author, title=name("Desk question", 255)))
        a_reply(asked[-1].topic, people.bo)
    colleague = RosterEntryFactory(forum=seller.forum, member__display_name=name("Colleague", 80))
    claims.claim_question(asked[-1], actor=seller.member)
    claims.hand_over(asked[-1], actor=seller.member, to=colleague.member, note=name("Note", 500))
    return asked[-1]


def _notifications(name: Namer, people: _People, answer: Post) -> None:
    """Notify Ada and everyone with a role, also about what only some may see."""
    private = Post.objects.get(topic__category__see_groups__name="insiders")
    hidden = Post.objects.get(status="hidden")
    for member in [people.ada, *Member.objects.exclude(role="")]:
        for kind, subject in (("reply", answer), ("accepted", answer), ("mention", private)):
            notify(member, kind=kind, subject=subject, actor=people.bo)
        notify(member, kind="moderation", subject=hidden, text=name("Look at this", 200))


def _history(people: _People, question: Topic, answer: Post) -> None:
    """Let everything happen that scores and stages depend on, and compute them."""
    read_states.mark_read(question, member=people.ada, number=1)
    happen(REACTION_GIVEN, people.bo, type="like", topic_id=question.pk, subject=answer)
    happen(STRIKE_UPHELD, people.sam, severity=1, kind="spam", at=timezone.now() - timedelta(days=2))
    replied(people.bo, 3)
    for number, member in enumerate((people.ada, people.bo)):
        bought(member, 40, ref=f"order-{number}")
    drained()
