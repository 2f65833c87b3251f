"""The cards of questions on the sales desk, and their background."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from community.core.addresses import address
from community.core.prepared import Prepared, compiled_at_start
from community.events.catalogue import PURCHASE_COMPLETED, PURCHASE_REFUNDED
from community.events.models import Event
from community.forum.models import Post, Topic
from community.forum.queries import KINDS, kind_of, placeholder_reader
from community.members.models import Member, team_q
from journeys.engine.ledger import is_sale
from journeys.models import MemberState, StageHistory

from . import durations
from .models import DeskQuestion, Handover

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class ReplyShare:
    """The share of the replies by one group: customers, undecided, or staff."""

    kind: str
    name: str
    count: int
    start: int  # per cent; where its segment of the bar begins
    percent: int


@dataclass(frozen=True)
class Card:
    """One question on the desk, with its asker and state."""

    question: DeskQuestion
    asker: Member
    journey: MemberState | None
    holder: Member | None
    minutes: int
    earlier: int
    now: datetime
    reply_shares: list[ReplyShare] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The address of the question at the desk, which those of its actions begin with."""
        return address("prospects:question-detail", self.question.pk)

    @property
    def is_late(self) -> bool:
        return self._until > self.question.due_at

    @property
    def late_by(self) -> str:
        return durations.short(int((self._until - self.question.due_at).total_seconds() // 60))

    @property
    def is_due_soon(self) -> bool:
        """Whether the name of the day says when it is due."""
        return self.question.due_at - self.now < timedelta(days=6)

    @property
    def asks_again(self) -> bool:
        return self.question.state == DeskQuestion.State.OPEN and bool(self.question.staff_replies)

    @property
    def waited(self) -> str:
        return durations.short(self.minutes)

    @property
    def _until(self) -> datetime:
        """Until when the asker waited: now, or the first answer by the team."""
        if self.question.state == DeskQuestion.State.OPEN:
            return self.now
        return self.question.first_staff_at or self.question.due_at

    @property
    def is_held_back(self) -> bool:
        return self.question.is_held_back(self.now)


def cards_of(questions: Iterable[DeskQuestion], *, reader: Member, now: datetime) -> list[Card]:
    """Return the cards of questions read `with_people` or `for_cards`, in two queries."""
    rows = list(questions)
    if not rows:
        return []
    earlier = _topics_by([row.topic.author_id for row in rows], reader)
    reply_shares = _reply_shares([row.pk for row in rows])
    return [
        Card(
            question=row,
            asker=row.topic.author,
            journey=getattr(row.topic.author, "journey", None),
            holder=row.holder(now),
            minutes=max(0, int((now - row.waiting_since).total_seconds() // 60)),
            earlier=max(0, earlier[row.topic.author_id] - 1),
            now=now,
            reply_shares=reply_shares.get(row.pk, []),
        )
        for row in rows
    ]


def _topics_by(authors: list[int], reader: Member) -> dict[int, int]:
    return defaultdict(int, _topic_counts(kind_of(reader))(reader_id=reader.pk, authors=authors))


@compiled_at_start(KINDS)
def _topic_counts(kind: str) -> Prepared[tuple[int, int]]:
    def build(reader_id: int, authors: list[int]) -> QuerySet[Topic, Any]:
        topics = Topic.objects.visible_to(placeholder_reader(kind, reader_id))
        topics = topics.filter(author__any_of=authors, status=Topic.Status.PUBLISHED)
        return topics.values_list("author").annotate(topics=Count("pk")).order_by()

    return Prepared(build)


VOICES = ("customers", "undecided", "staff")
NAMES = {
    "customers": (_("customer"), _("customers")),
    "undecided": (_("undecided"), _("undecided")),
    "staff": (_("from our team"), _("from our team")),
}


def _reply_shares(topic_ids: list[int]) -> dict[int, list[ReplyShare]]:
    """Return who has replied, by topic id. Authors count as customers if they are one now."""
    rows = _reply_counts()(topic_ids=topic_ids)
    return {topic: _shares(dict(zip(VOICES, numbers, strict=True))) for topic, *numbers in rows}


@compiled_at_start()
def _reply_counts() -> Prepared[tuple[int, int, int, int]]:
    def build(topic_ids: list[int]) -> QuerySet[Post, Any]:
        replies = Post.objects.filter(topic__any_of=topic_ids, status=Post.Status.PUBLISHED)
        replies = replies.exclude(kind=Post.Kind.OPENING).exclude(author=F("topic__author"))
        staff = team_q("author")
        counts = replies.values("topic").annotate(
            customers=Count("pk", filter=~staff & Q(author__customer_since__isnull=False)),
            undecided=Count("pk", filter=~staff & Q(author__customer_since__isnull=True)),
            staff=Count("pk", filter=staff),
        )
        return counts.order_by().values_list("topic", *VOICES)

    return Prepared(build)


def _shares(counts: Mapping[str, int]) -> list[ReplyShare]:
    total = sum(counts.values())
    shares: list[ReplyShare] = []
    before = 0
    for kind, count in counts.items():
        name = NAMES[kind][0] if count == 1 else NAMES[kind][1]
        shares.append(ReplyShare(kind, str(name), count, 100 * before // total, -(-100 * count // total)))
        before += count
    return shares


@dataclass(frozen=True)
class Background:
    """The context that a salesperson should read before answering."""

    opening: Post
    replies: list[Post]
    earlier: list[Topic]
    colleagues: list[tuple[Member, MemberState | None]]
    handovers: list[Handover]
    products: list[str]


def background_of(question: DeskQuestion, *, reader: Member) -> Background:
    """Return the conversation, the asker's earlier topics, and members of the same company."""
    topic = question.topic
    posts = Post.objects.visible_to(reader).filter(topic=topic, status=Post.Status.PUBLISHED)
    opening, *replies = posts.select_related("author").order_by("number")
    earlier = Topic.objects.visible_to(reader).filter(author=topic.author, status=Topic.Status.PUBLISHED)
    return Background(
        opening=opening,
        replies=replies,
        earlier=list(earlier.exclude(pk=topic.pk).select_related("category").order_by("-created_at")[:8]),
        colleagues=_colleagues(topic.author),
        handovers=list(question.handovers.select_related("giver", "receiver")[:5]),
        products=_products_of(topic.author),
    )


def _products_of(member: Member) -> list[str]:
    """Return the products that the member bought and did not return, the latest first."""
    names = (PURCHASE_COMPLETED, PURCHASE_REFUNDED)
    events = Event.objects.not_retracted().filter(member=member, name__in=names).order_by("-occurred_at")
    returned: set[str] = set()
    products: dict[str, None] = {}
    for event in events:
        ref = event.props["external_id"]
        if event.name == PURCHASE_REFUNDED and event.props["full"]:
            returned.add(ref)
        elif is_sale({"cents": event.value_cents, "props": event.props}) and ref not in returned:
            products |= dict.fromkeys(event.props.get("products") or ())
    return list(products)


def _colleagues(member: Member) -> list[tuple[Member, MemberState | None]]:
    if member.company_id is None:
        return []
    others = list(
        Member.objects.filter(company=member.company_id, is_active=True)
        .exclude(pk=member.pk)
        .order_by("display_name")[:8]
    )
    states = MemberState.objects.in_bulk([other.pk for other in others])
    return [(other, states.get(other.pk)) for other in others]


def current_position(member: Member) -> StageHistory | None:
    """Return the open row of the member's stage history, with its evidence."""
    return (
        StageHistory.objects.current().filter(member=member, exited_on__isnull=True).order_by("-seq").first()
    )
