"""Unsaved sample data for the style guide."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from advocacy.charts import Part, parts_of
from community.badges.models import Badge
from community.core.addresses import address
from community.core.pagination import CountedPaginator
from community.events.models import Event
from community.forum.forms.posts import SourceField
from community.forum.models import Category, Post, Tag, Topic
from community.importers.services.attribution import Attribution
from community.members.models import Member
from community.moderation.models import ReviewItem
from community.pages.profile import Figures, Held
from community.pages.topic import PostView, TopicPage
from community.prospects import voices
from community.prospects.cards import Card, ReplyShare
from community.prospects.models import DeskQuestion, RosterEntry
from community.prospects.queries import NOTHING
from community.qa.models import OfficialMark, Question
from journeys.event_text import EventText
from journeys.models import MemberState

MOMENT = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
TEXT = "<p>Purge the wand for two seconds before each jug. <code>1.2 bar</code> is enough.</p>"


@dataclass(frozen=True)
class Pictured:
    """Somebody with a picture, which a Member keeps among the uploads."""

    username: str = "pia"
    display_name: str = "Pia Picture"
    avatar: Any = field(default_factory=lambda: SimpleNamespace(url=static("img/favicon.svg")))


class Fields(forms.Form):
    """A field of each kind."""

    line = forms.CharField(label=_("One line"), help_text=_("Help stands below the field."))
    optional = forms.CharField(label=_("One line"), required=False)
    text = forms.CharField(label=_("Several lines"), widget=forms.Textarea({"rows": 3}))
    choice = forms.ChoiceField(label=_("One of a list"), choices=Topic.Kind.choices)
    radio = forms.ChoiceField(
        label=_("One of a few"), choices=Badge.Level.choices, widget=forms.RadioSelect, initial="bronze"
    )
    check = forms.BooleanField(label=_("Yes or no"))
    disabled = forms.CharField(label=_("Not to be changed"), disabled=True, initial="ada")


class Editor(forms.Form):
    """What one writes in."""

    source = SourceField(label=_("Your reply"), limits=(20, 20_000), rows=4)


def examples() -> dict[str, Any]:
    """Return what the page is rendered from."""
    ada = Member(pk=1, username="ada", display_name="Ada Winter")
    sol = Member(pk=2, username="sol", display_name="Sol Support", role=Member.Role.SUPPORT)
    question = _topic(ada)
    posts = _posts(ada, sol, question)
    return {
        "ada": ada,
        "pictured": Pictured(),
        "row": [Member(pk=pk, username=f"member{pk}", display_name="Ada Winter") for pk in range(24)],
        "customer": Member(
            pk=4,
            username="cleo",
            display_name="Cleo Customer",
            bio_html=TEXT,
            joined_at=MOMENT,
            customer_since=date(2024, 3, 1),
            shows_customer=True,
        ),
        "figures": Figures(topics=3, answers=41, accepted=12, replies=5, likes=1234),
        "held": [
            Held(Badge(pk=1, slug=level, name=f"Good {level}", level=level, icon="award"), times=1)
            for level in Badge.Level.values
        ],
        "page_of_posts": _page(question, reader=sol),
        "page_for_visitors": _page(question, reader=AnonymousUser()),
        "ideas": _page(_topic(ada, kind="idea"), reader=sol),
        "posts": posts,
        # For macros of a post that are also shown on their own, because ids must be unique.
        "parts_of_posts": {name: replace(view, id=view.id + 100) for name, view in posts.items()},
        "topics": _topics(ada, sol),
        "last_visit_at": MOMENT - timedelta(days=1),
        "questions": _questions(ada, sol),
        "lists": [_page_of_list(number, of) for number, of in ((1, 9), (5, 9), (9, 9), (1, 1))],
        "states": _states(ada),
        "desk_cards": _desk_cards(ada, sol),
        "parts": _parts(),
        "events": _events(ada),
        "reviews": [
            ReviewItem(pk=1, kind=kind, member=ada, reason="Two flags") for kind in ("flagged", "held")
        ],
        "origins": [
            Attribution(
                "Stack Exchange", "https://example.com/1", "CC BY-SA 4.0", "https://example.com/by-sa"
            ),
            Attribution("the old forum", "", "", ""),
        ],
        "fields": Fields(),
        "mistakes": _refused(Fields),
        "notes": _refused(Fields, prefix="notes"),
        "editor_form": Editor(),
        "editor_mistakes": _refused(Editor),
        "text": TEXT,
    }


def _refused(form_class: type[forms.Form], *, prefix: str = "refused") -> forms.Form:
    """A form that was sent empty."""
    form = form_class({}, prefix=prefix)
    form.add_error(None, str(_("Something about the whole form is wrong.")))
    return form


def _topic(author: Member, **fields: Any) -> Topic:
    category = Category(pk=1, name="Machines", slug="machines", icon="coffee")
    values: dict[str, Any] = {
        "pk": 1,
        "category": category,
        "author": author,
        "kind": Topic.Kind.QUESTION,
        "slug": "steam",
        "title": "Why does my steam wand spit water?",
        "excerpt": "It happens with every jug.",
        "created_at": MOMENT,
        "bumped_at": MOMENT,
        "last_post_author": author,
    }
    topic = Topic(**{**values, **fields})
    topic.tag_list, topic.unread_count, topic.read_number = [], 0, None  # type: ignore[attr-defined]
    return topic


def _topics(ada: Member, sol: Member) -> list[Topic]:
    """A topic of each kind, each in other states."""
    busy = {"reply_count": 12, "answer_count": 3, "like_count": 1, "view_count": 1234, "score": 7}
    rows = [_topic(ada), _topic(ada, is_solved=True, **busy)]
    rows += [_topic(sol, kind=kind, **busy) for kind in ("discussion", "idea", "article")]
    rows.append(_topic(sol, kind="announcement", pinned_at=MOMENT, closed_at=MOMENT))
    rows[1].tag_list = [Tag(name="steam", slug="steam"), Tag(name="milk", slug="milk")]  # type: ignore[attr-defined]
    rows[1].unread_count = 4  # type: ignore[attr-defined]
    best = Post(pk=1, kind=Post.Kind.ANSWER, author=sol, topic=rows[1])
    for topic in rows:
        topic.headline, topic.snippet, topic.best_post = topic.title, "… purge the wand …", best  # type: ignore[attr-defined]
    return rows


def _questions(ada: Member, sol: Member) -> list[voices.Question]:
    """Prospects' questions answered by nobody, by one and two customers, and by many and the team."""
    bo = Member(pk=3, username="bo", display_name="Bo Summer")
    names = {sol.pk: "Sol Rivers"}
    heard = [
        voices.NOBODY,
        voices.Voices([ada]),
        voices.Voices([ada, bo], [sol], names),
        voices.Voices([bo, ada, bo, ada], [sol], names),
    ]
    topics = [_topic(ada, pk=201 + number, is_solved=number == 3) for number in range(len(heard))]
    return [voices.Question(topic, said) for topic, said in zip(topics, heard, strict=True)]


def _page(topic: Topic, *, reader: Any) -> TopicPage:
    may = reader.is_authenticated
    acceptance = Question(topic=topic, accepted_by=topic.author, accepted_at=MOMENT)
    return TopicPage(
        topic,
        reader,
        is_logged_in=True,
        posts=[],
        pages=None,
        acceptance=acceptance,
        can_reply=may,
        can_moderate=may,
        can_accept=may,
        can_mark_official=may,
        prospect=NOTHING,
    )


def _view(
    pk: int, author: Member, topic: Topic, *, shown: dict[str, Any] | None = None, **fields: Any
) -> PostView:
    values: dict[str, Any] = {"kind": Post.Kind.ANSWER, "html": TEXT, "created_at": MOMENT, "score": 3}
    view = PostView(
        Post(pk=pk, topic=topic, author=author, **{**values, **fields}),
        pk,
        author,
        is_own=False,
        is_readable=True,
        is_new=False,
        can_edit=False,
        can_accept=False,
        can_delete=False,
        can_restore=False,
        can_like=True,
        is_liked=False,
        takes_votes=False,
        vote=0,
        official_mark=None,
        attribution=None,
        review=None,
        stage=None,
        roster_entry=None,
        has_menu=False,
        asks_for_picture=False,
        path=address("forum:post-show", pk),
        permalink=address("forum:post-permalink", pk),
    )
    return replace(view, **(shown or {}))


def _desk_cards(ada: Member, sol: Member) -> list[Card]:
    """Questions on the sales desk: overdue and urgent, assigned, waiting for customers, and answered."""
    now, hour = MOMENT, timedelta(hours=1)
    ada_is_undecided = MemberState(
        member=ada, stage="engagement", shown_stage="engagement", sub_stage="evaluating", stage_since=MOMENT
    )
    shares = [ReplyShare("customers", "customers", 3, 0, 75), ReplyShare("staff", "staff", 1, 75, 25)]
    answered = DeskQuestion.State.ANSWERED
    states: list[dict[str, Any]] = [
        {"due_at": now - hour, "is_urgent": True, "urgent_reason": "The offer ends today."},
        {"due_at": now + hour, "claimed_by": sol, "claimed_at": now},
        {"due_at": now + 2 * hour, "opens_at": now + hour},
        {"due_at": now + hour, "state": answered},
    ]
    return [
        Card(
            question=DeskQuestion(
                topic=_topic(ada, pk=101 + number),
                **{"asked_at": now, "waiting_since": now, "opens_at": now, **state},
            ),
            asker=ada,
            journey=ada_is_undecided if number else None,
            holder=state.get("claimed_by"),
            minutes=90,
            earlier=number,
            now=now,
            reply_shares=shares if number else [],
        )
        for number, state in enumerate(states)
    ]


def _posts(ada: Member, sol: Member, topic: Topic) -> dict[str, PostView]:
    """A post in every state, under the name of the state."""
    bo = Member(pk=3, username="bo", display_name="Bo Summer")
    view = partial(_view, topic=topic)
    mark = OfficialMark(member=sol, created_at=MOMENT)
    roster = RosterEntry(real_name="Sol Rivers", title="Advisor for cafés")
    gone: dict[str, Any] = {"deleted_at": MOMENT, "deleted_by": sol}
    may = {"can_edit": True, "can_delete": True}
    comment: dict[str, Any] = {"kind": Post.Kind.COMMENT}
    said = [view(31, ada, **comment), view(32, bo, shown={**may, "is_own": True, "is_new": True}, **comment)]
    said.append(view(33, bo, shown={"is_readable": False}, status="deleted", **gone, **comment))
    return {
        "published": view(1, bo, shown={"takes_votes": True, "comments": said}, like_count=2, parent_id=9),
        "accepted": view(
            2, bo, shown={"takes_votes": True, "vote": 1, "is_liked": True}, is_accepted=True, like_count=5
        ),
        "official": view(
            3, sol, shown={"official_mark": mark, "is_new": True, **may}, is_official=True, revision_count=1
        ),
        "pending": view(
            4,
            bo,
            shown={"is_own": True, "can_like": False, **may},
            status="pending",
            status_reason="The first posts are read.",
        ),
        "hidden": view(
            5,
            bo,
            shown={"review": ReviewItem(pk=1, kind="flagged", reason="Two flags")},
            status="hidden",
            status_reason="Spam.",
        ),
        "hidden_own": view(6, bo, shown={"is_own": True, **may}, status="hidden", status_reason="Spam."),
        "deleted": view(7, bo, shown={"can_restore": True}, status="deleted", **gone),
        "deleted_by_its_author": view(
            8, bo, shown={"is_readable": False}, status="deleted", deleted_at=MOMENT, deleted_by=bo
        ),
        "hidden_from_the_reader": view(9, bo, shown={"is_readable": False}, status="hidden"),
        "imported": view(
            10,
            bo,
            shown={"attribution": Attribution("Stack Exchange", "https://example.com/1", "CC BY-SA 4.0", "")},
            byline="An old hand",
        ),
        "asker": view(12, ada, shown={"stage": _states(ada)[0]}),
        "staff": view(13, sol, shown={"roster_entry": roster}),
        "down": view(14, bo, shown={"takes_votes": True, "vote": -1}, score=-2),
        "liked_by_others": view(
            15, bo, shown={"can_like": False, "takes_votes": True}, like_count=1500, score=1
        ),
        "idea": view(16, bo, topic=_topic(ada, kind="idea"), shown={"takes_votes": True}),
        "opening": view(17, ada, shown={"is_own": True, **may}, kind="opening"),
    }


def _page_of_list(number: int, of: int) -> Page[int]:
    return CountedPaginator(list(range(of)), 1).page(number)


def _states(member: Member) -> list[MemberState]:
    """A member in each stage, at risk in one and set by hand in another."""
    stages = [
        ("discovery", "registered"),
        ("engagement", "exploring"),
        ("conversion", "first_purchase"),
        ("relationship", "adoption"),
    ]
    return [
        MemberState(
            member=member,
            stage="discovery" if sub == "adoption" else stage,
            sub_stage=sub,
            shown_stage=stage,
            stage_since=date(2026, 3, 1),
            at_risk=stage == "conversion",
        )
        for stage, sub in stages
    ]


def _parts() -> list[Part]:
    return parts_of(
        {
            "helpfulness": "21.5",
            "referral": "10",
            "proof": "8",
            "content": "6",
            "sentiment": "5",
            "presence": "2",
        }
    )


def _events(who: Member) -> list[EventText]:
    event = Event(occurred_at=MOMENT, channel=Event.Channel.COMMUNITY, source="app")
    late = Event(occurred_at=MOMENT, channel=Event.Channel.EMAIL, source="crm", backfill=True)
    return [
        EventText(
            event,
            "answered",
            "message-square",
            about="Steam",
            url="/latest/",
            excerpt="Purge the wand.",
            preposition="to",
            counterpart=who,
        ),
        EventText(event, "read", "eye", about="/prices/", times=3),
        EventText(late, "opened a mail", "mail"),
    ]
