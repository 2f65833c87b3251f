"""Events for an imported thread, backdated and marked with the import's source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from community.events.catalogue import (
    ANSWER_ACCEPTED,
    HELPFUL_VOTE_RECEIVED,
    QUESTION_RESOLVED,
    QUESTION_VOTE_RECEIVED,
)
from community.events.models import Event
from community.events.services.recording import Draft
from community.forum.models import Post
from community.forum.services import post_events
from community.importers.stackexchange.kinds import UP
from community.qa.services import whole_minutes

from .bundle import Bundle
from .threads import Thread


def drafts_of(thread: Thread, bundle: Bundle) -> Iterator[Draft]:
    """Yield the events of the thread. Events of former members name no member, so they are in no journey."""
    former = bundle.former_member.pk
    for draft in _all(thread, bundle):
        if former in (draft.member_id, draft.actor_id, draft.counterpart_id):
            draft = replace(
                draft,
                member_id=None if draft.member_id == former else draft.member_id,
                actor_id=None if draft.actor_id == former else draft.actor_id,
                actor_role=Event.ActorRole.SYSTEM if draft.actor_id == former else draft.actor_role,
                counterpart_id=None if draft.counterpart_id == former else draft.counterpart_id,
            )
        yield draft


def _all(thread: Thread, bundle: Bundle) -> Iterator[Draft]:
    common = _common(bundle)
    for post, row in zip(thread.posts, thread.rows, strict=True):
        tags = thread.tags if post.is_opening else None
        yield from post_events.creation_drafts(post, thread.topic, tags=tags, **common)
        if post.kind != Post.Kind.COMMENT:
            yield from _votes(post, row.key, thread, bundle)
    yield from _acceptance(thread, common)


def _common(bundle: Bundle) -> dict[str, Any]:
    return {"channel": Event.Channel.IMPORT, "source": bundle.batch.event_source}


def _votes(post: Post, source_id: int, thread: Thread, bundle: Bundle) -> Iterator[Draft]:
    """Yield one event per up-vote. A dump has neither the voter nor the time of day."""
    for vote in bundle.votes.get(source_id, []):
        if vote.data["VoteTypeId"] != UP:
            continue
        yield Draft(
            name=HELPFUL_VOTE_RECEIVED if post.is_answer else QUESTION_VOTE_RECEIVED,
            occurred_at=max(filter(None, (vote.created_at, post.created_at))),
            payload={"topic_id": thread.topic.pk},
            object_type="forum.post",
            object_id=post.pk,
            member_id=post.author_id,
            key=f"{bundle.batch.site}:{vote.key}",
            **_common(bundle),
        )


def _acceptance(thread: Thread, common: dict[str, Any]) -> Iterator[Draft]:
    answer, at = thread.question.accepted_answer, thread.question.accepted_at
    if answer is None or at is None:
        return
    asker = thread.topic.author_id
    asked = thread.topic.created_at
    if answer.author_id != asker:
        yield Draft(
            name=ANSWER_ACCEPTED,
            occurred_at=at,
            payload={"topic_id": thread.topic.pk, "minutes": whole_minutes(answer.created_at - asked)},
            object_type="forum.post",
            object_id=answer.pk,
            member_id=answer.author_id,
            actor_id=asker,
            actor_role=Event.ActorRole.MEMBER,
            counterpart_id=asker,
            **common,
        )
    yield Draft(
        name=QUESTION_RESOLVED,
        occurred_at=at,
        payload={
            "by": answer.author_id,
            "minutes": whole_minutes(at - asked),
            "by_staff": answer.author.is_team,
        },
        object_type="forum.topic",
        object_id=thread.topic.pk,
        member_id=asker,
        actor_id=asker,
        actor_role=Event.ActorRole.MEMBER,
        counterpart_id=answer.author_id,
        key=str(answer.pk),
        **common,
    )
