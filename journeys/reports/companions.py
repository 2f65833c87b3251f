"""Companions: the people who interacted with a member before a stage change."""

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
MAX_COMPANIONS = 8

# What the counterpart of an event did for the member.
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
# These events stand for a reply, so the reply itself is not counted again.
REPLIED = frozenset({"prospect.staff_replied", "prospect.peer_replied"})
ANSWERED = "answered"
INVITED = "invited them"


@dataclass(frozen=True)
class Companion:
    """Someone who interacted with the member in the 30 days before a stage change; most frequent acts first."""

    member: Member
    did: tuple[tuple[str, int], ...]

    @property
    def times(self) -> int:
        return sum(n for _, n in self.did)


Interaction = tuple[date, int, str]  # the day, the other member's id, what they did


def companions(member: Member, rows: Sequence[StageHistory]) -> dict[int, list[Companion]]:
    """Return up to eight companions per history row, by its id. Four queries for all rows."""
    if not rows:
        return {}
    earliest = min(row.effective_on for row in rows) - WINDOW
    found = [one for one in _interactions(member, earliest) if one[1] != member.pk]
    people = Member.objects.in_bulk({other for _, other, _ in found})
    return {row.pk: list(_companions_before(row.effective_on, found, people)) for row in rows}


def _interactions(member: Member, since: date) -> Iterator[Interaction]:
    replied: set[tuple[date, int]] = set()
    events = Event.objects.not_retracted().filter(
        member=member, name__in=DID, counterpart__isnull=False, occurred_at__date__gte=since
    )
    # The event is recorded for both members; the replier is not the one who was helped.
    events = events.exclude(name="prospect.peer_replied", props__role="replier")
    for at, other, name in events.values_list("occurred_at", "counterpart_id", "name"):
        interaction = (at.astimezone(UTC).date(), other, DID[name])
        if name in REPLIED:
            replied.add(interaction[:2])
        yield interaction
    posts = Post.objects.published().filter(topic__author=member, created_at__date__gte=since)
    replies = posts.exclude(author=member).exclude(kind=Post.Kind.OPENING)
    for at, other in replies.values_list("created_at", "author_id"):
        if (at.astimezone(UTC).date(), other) not in replied:
            yield at.astimezone(UTC).date(), other, ANSWERED
    invitations = Invitation.objects.filter(
        member=member, accepted_at__isnull=False, invited_by__isnull=False
    )
    for accepted_at, inviter in invitations.values_list("accepted_at", "invited_by_id"):
        if accepted_at is not None and inviter is not None:
            yield accepted_at.astimezone(UTC).date(), inviter, INVITED


def _companions_before(
    day: date, interactions: Iterable[Interaction], people: dict[int, Member]
) -> Iterator[Companion]:
    did: dict[int, Counter[str]] = {}
    for on, other, what in interactions:
        if day - WINDOW <= on <= day and other in people:
            did.setdefault(other, Counter())[what] += 1
    closest = sorted(did.items(), key=lambda item: (-item[1].total(), item[0]))
    for other, counted in closest[:MAX_COMPANIONS]:
        yield Companion(people[other], tuple(counted.most_common()))
