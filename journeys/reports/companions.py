"""Nobody travels alone: the people who were there before a step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from community.events.models import Event
from community.forum.models import Post
from community.members.models import Invitation, Member
from journeys.models import StageHistory

WINDOW = timedelta(days=30)
MOST = 8

# What the member at the other end of an event did for this one.
DID = {
    "helpful_vote.received": "found an answer helpful",
    "question_vote.received": "voted for a question",
    "reaction.received": "liked a post",
    "question.resolved": "solved a question",
    "member.mentioned": "mentioned them",
    "prospect.staff_replied": "answered in a prospect forum",
    "prospect.peer_replied": "answered in a prospect forum as a peer",
    "member.registered": "invited them",
}
# These tell of a reply, which is not told a second time for itself.
REPLIED = frozenset({"prospect.staff_replied", "prospect.peer_replied"})
ANSWERED = "answered"
INVITED = "invited them"


@dataclass(frozen=True)
class Companion:
    """Somebody who was there in the 30 days before a step, and what they did, the most frequent first."""

    member: Member
    did: tuple[tuple[str, int], ...]

    @property
    def times(self) -> int:
        return sum(n for _, n in self.did)


Meeting = tuple[date, int, str]  # the day, the other member, what they did


def companions(member: Member, rows: Sequence[StageHistory]) -> dict[int, list[Companion]]:
    """Return, by id of each of these history rows, who was there; at most eight. Four queries for all rows."""
    if not rows:
        return {}
    earliest = min(row.effective_on for row in rows) - WINDOW
    meetings = [m for m in _meetings(member, earliest) if m[1] != member.pk]
    people = Member.objects.in_bulk({other for _, other, _ in meetings})
    return {row.pk: list(_beside(row.effective_on, meetings, people)) for row in rows}


def _meetings(member: Member, since: date) -> Iterator[Meeting]:
    told: set[tuple[date, int]] = set()
    events = Event.objects.standing().filter(
        member=member, name__in=DID, counterpart__isnull=False, occurred_at__date__gte=since
    )
    # Recorded for both who met; the one who answered was not helped.
    events = events.exclude(name="prospect.peer_replied", props__role="replier")
    for at, other, name in events.values_list("occurred_at", "counterpart_id", "name"):
        met = (at.astimezone(UTC).date(), other, DID[name])
        if name in REPLIED:
            told.add(met[:2])
        yield met
    posts = Post.objects.published().filter(topic__author=member, created_at__date__gte=since)
    replies = posts.exclude(author=member).exclude(kind=Post.Kind.OPENING)
    for at, other in replies.values_list("created_at", "author_id"):
        if (at.astimezone(UTC).date(), other) not in told:
            yield at.astimezone(UTC).date(), other, ANSWERED
    invitations = Invitation.objects.filter(
        member=member, accepted_at__isnull=False, invited_by__isnull=False
    )
    for accepted_at, inviter in invitations.values_list("accepted_at", "invited_by_id"):
        if accepted_at is not None and inviter is not None:
            yield accepted_at.astimezone(UTC).date(), inviter, INVITED


def _beside(day: date, meetings: Iterable[Meeting], people: dict[int, Member]) -> Iterator[Companion]:
    did: dict[int, Counter[str]] = {}
    for met_on, other, what in meetings:
        if day - WINDOW <= met_on <= day and other in people:
            did.setdefault(other, Counter())[what] += 1
    nearest = sorted(did.items(), key=lambda item: (-item[1].total(), item[0]))
    for other, counted in nearest[:MOST]:
        yield Companion(people[other], tuple(counted.most_common()))
