"""Events as text for a reader: the action, the topic or page, the counterpart, and an excerpt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community.core import text
from community.events.catalogue import (
    CONTENT_VIEWED,
    EVENT_TYPES,
    PAGE_VIEWED,
    SEARCH_PERFORMED,
    TOPIC_CREATED,
    TOPIC_VIEWED,
    VISIT_DAY,
    EventType,
)
from community.events.models import Event
from community.events.services import custom_kinds
from community.forum.models import Post, Topic
from community.members.models import Member

from .engine.sentences import money

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

POST, TOPIC = "forum.post", "forum.topic"

ICONS = {
    "answer": "circle-check",
    "article": "article",
    "badge": "award",
    "call": "smartphone",
    "demo": "play",
    "event": "calendar",
    "flag": "flag",
    "helpful_vote": "arrow-big-up",
    "idea": "lightbulb",
    "meeting": "users",
    "member": "user-plus",
    "mentee": "life-buoy",
    "nps": "star",
    "onboarding": "rocket",
    "page": "eye",
    "post": "pencil",
    "pricing": "tag",
    "prospect": "handshake",
    "purchase": "shopping-bag",
    "question": "circle-help",
    "question_vote": "arrow-big-up",
    "reaction": "heart",
    "referral": "send",
    "reference": "medal",
    "reply": "reply",
    "review": "star",
    "search": "search",
    "strike": "siren",
    "subscription": "shopping-bag",
    "support": "life-buoy",
    "survey": "star",
    "topic": "messages-square",
    "visit": "footprints",
    "webinar": "play",
    "comparison": "scale",
    "newsletter": "mail",
    "trial": "rocket",
}
# The preposition before the counterpart's name.
PREPOSITIONS: Final[Mapping[str, StrOrPromise]] = {
    "answer.accepted": gettext_lazy("for"),
    "helpful_vote.received": gettext_lazy("from"),
    "question.resolved": gettext_lazy("thanks to"),
    "question_vote.received": gettext_lazy("from"),
    "reaction.received": gettext_lazy("from"),
    "reply.created": gettext_lazy("to"),
    "vote.given": gettext_lazy("for"),
    "prospect.staff_replied": gettext_lazy("from"),
    "prospect.peer_replied": gettext_lazy("from"),
    "member.mentioned": gettext_lazy("by"),
    "mentee.helped": gettext_lazy("for"),
}
# To the member themselves, where the usual text says "their".
OWN: Final[Mapping[str, StrOrPromise]] = {
    "profile.completed": gettext_lazy("completed your profile"),
    "company.joined": gettext_lazy("was matched to your company"),
    "question.resolved": gettext_lazy("had your question resolved"),
    "override.set": gettext_lazy("had your stage set manually"),
}
# Voters and likers are private: only the team sees who they are.
PRIVATE = frozenset({"helpful_vote.received", "question_vote.received", "reaction.received"})
# Kinds of which there are many, and which say little on their own.
READING = frozenset({VISIT_DAY, PAGE_VIEWED, TOPIC_VIEWED, SEARCH_PERFORMED, CONTENT_VIEWED})


@dataclass(frozen=True, slots=True)
class EventText:
    """One event as text for a reader; fields that they may not see are empty."""

    event: Event
    action: str
    icon: str
    about: str = ""  # a title, a page, an amount
    url: str = ""
    excerpt: str = ""
    preposition: str = ""
    counterpart: Member | None = None
    times: int = 1  # repeats, see `merge_repeats`

    @property
    def reads_as(self) -> tuple[object, ...]:
        """What distinguishes it from others for the reader; each amount of money is on its own."""
        event = self.event
        distinct = event.pk if event.value_cents else None
        return event.name, event.channel, self.about, self.url, self.counterpart, distinct


def describe(events: Iterable[Event], reader: Member) -> list[EventText]:
    """Describe events to a reader, in the given order. Three queries for any number of events.

    Posts and topics that the reader may not see are not named; voters are named to the team only.
    """
    events = list(events)
    posts = Post.objects.visible_to(reader).select_related("topic").defer("search", "source", "topic__search")
    posts_by_id = posts.in_bulk(_ids(events, POST))
    topics_by_id = Topic.objects.visible_to(reader).defer("search").in_bulk(_ids(events, TOPIC))
    people = Member.objects.in_bulk(_counterparts(events, reader))
    custom = custom_kinds.among({event.name for event in events})
    return [_event_text(event, reader, posts_by_id, topics_by_id, people, custom) for event in events]


def merge_repeats(events: Iterable[EventText]) -> list[EventText]:
    """Merge events that read the same: five visits become "visited, 5 times", where the latest of them stands.

    A question also records that a topic was started; only the question is kept.
    """
    found: list[EventText] = []
    places: dict[object, int] = {}
    for one in events:
        last = found[-1] if found else None
        if last and _same_topic(last.event, one.event):
            found[-1] = last if last.event.name != TOPIC_CREATED else one
            continue
        place = places.setdefault(one.reads_as, len(found))
        if place < len(found):
            found[place] = replace(found[place], times=found[place].times + 1)
        else:
            found.append(one)
    return found


def quote_once(lists: Iterable[Sequence[EventText]]) -> list[list[EventText]]:
    """Keep the excerpt of each post or topic where it comes first."""
    quoted: set[tuple[str, int | None]] = set()
    found = []
    for events in lists:
        kept = []
        for one in events:
            about = (one.event.object_type, one.event.object_id)
            kept.append(replace(one, excerpt="") if one.excerpt and about in quoted else one)
            quoted.add(about)
        found.append(kept)
    return found


def _same_topic(last: Event, one: Event) -> bool:
    """Whether both record the creation of the same topic."""
    begins = TOPIC_CREATED in (last.name, one.name) and last.object_type == one.object_type == TOPIC
    return begins and (last.object_id, last.occurred_at) == (one.object_id, one.occurred_at)


def describe_by_id(ids: Iterable[UUID], *, of_member: int, reader: Member) -> dict[UUID, EventText]:
    """Describe the member's events with these ids, except retracted ones."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    found = (
        Event.objects.not_retracted().filter(event_id__in=wanted, member_id=of_member).order_by("occurred_at")
    )
    return {one.event.event_id: one for one in describe(found, reader)}


def _ids(events: Sequence[Event], object_type: str) -> set[int]:
    return {e.object_id for e in events if e.object_type == object_type and e.object_id is not None}


def _counterparts(events: Sequence[Event], reader: Member) -> set[int]:
    """Return the ids of the counterparts that the reader may see."""
    return {
        event.counterpart_id
        for event in events
        if event.counterpart_id is not None and (reader.is_team or event.name not in PRIVATE)
    }


def action_of(name: str, *, own: bool, custom: Mapping[str, EventType]) -> str:
    """Return what the member did, such as "replied"; `own` addresses the member themselves."""
    if own and name in OWN:
        return str(OWN[name])
    declared = EVENT_TYPES.get(name) or custom.get(name)
    return str(declared.says) if declared else name


def _event_text(
    event: Event,
    reader: Member,
    posts: Mapping[int, Post],
    topics: Mapping[int, Topic],
    people: Mapping[int, Member],
    custom: Mapping[str, EventType],
) -> EventText:
    about, url, excerpt = _subject(event, posts, topics)
    counterpart = people.get(event.counterpart_id or 0)
    return EventText(
        event=event,
        action=action_of(event.name, own=event.member_id == reader.pk, custom=custom),
        icon=ICONS.get(event.name.split(".", 1)[0], "circle-check"),
        about=about,
        url=url,
        excerpt=excerpt,
        preposition=str(PREPOSITIONS.get(event.name) or _("with")) if counterpart else "",
        counterpart=counterpart,
    )


def _subject(event: Event, posts: Mapping[int, Post], topics: Mapping[int, Topic]) -> tuple[str, str, str]:
    """Return the title, URL and excerpt of what the event is about; empty strings when it is hidden."""
    if event.object_type == POST:
        post = posts.get(event.object_id or 0)
        if post is None:
            return "", "", ""
        return post.topic.title, post.get_absolute_url(), text.excerpt(unescape(strip_tags(post.html)))
    if event.object_type == TOPIC:
        topic = topics.get(event.object_id or 0)
        return (topic.title, topic.get_absolute_url(), topic.excerpt) if topic else ("", "", "")
    return _summary(event), "", ""


def _summary(event: Event) -> str:
    """Summarise the payload of an event from outside the forum."""
    props = event.props
    parts = [
        money(event.value_cents, event.currency) if event.value_cents else "",
        ", ".join(props.get("products") or []) or props.get("product") or "",
        _("%(score)s of 10") % {"score": props["score"]} if event.name == "nps.answered" else "",
        next(
            (
                str(props[key])
                for key in ("title", "url", "query", "site", "step", "feature")
                if props.get(key)
            ),
            "",
        ),
        props.get("note") or props.get("reason") or "",
    ]
    return " · ".join(part for part in parts if part)
