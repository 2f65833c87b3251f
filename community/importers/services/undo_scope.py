"""What an import has added, and what has followed from it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable, RawSQL

from community.events.catalogue import TOPIC_CREATED
from community.events.models import Event
from community.forum.models import Post, Topic
from community.importers.models import ImportBatch, ImportedRow
from community.members.models import Member

Kind = ImportedRow.Kind


@dataclass(frozen=True)
class Scope:
    """The ids of what an undo deletes, whether or not it still exists."""

    batch: ImportBatch
    topics: list[int]
    posts: list[int]
    awards: list[int]
    members: list[int]

    def events(self) -> Q:
        """The import's events, and all other events about its members, posts, topics and awards."""
        about_topic = RawSQL(
            "(props->>'topic_id')::bigint = ANY(%s)", [self.topics], output_field=BooleanField()
        )
        return (
            Q(source=self.batch.event_source)
            | Q(member__any_of=self.members)
            | Q(actor__any_of=self.members)
            | Q(counterpart__any_of=self.members)
            | Q(object_type="forum.post", object_id__any_of=self.posts)
            | Q(object_type="forum.topic", object_id__any_of=self.topics)
            | Q(object_type="badges.award", object_id__any_of=self.awards)
            | Q(about_topic)
        )

    def posts_added(self, topics: list[int]) -> QuerySet[Post]:
        """Posts in these topics that were not imported by the batch."""
        return Post.objects.filter(topic__any_of=topics).exclude(_imported_by(self.batch))

    def posts_moved(self) -> QuerySet[Post]:
        """Posts of the batch that moderators have moved to other topics."""
        return Post.objects.filter(_imported_by(self.batch)).exclude(topic__any_of=self.topics)

    def members_to_delete(self, member_ids: list[int]) -> QuerySet[Member]:
        """Lock and return the members who may still be deleted; they may have posted since the scope was read."""
        members: QuerySet[Member] = (
            Member.objects.select_for_update(of=("self",)).filter(pk__in=member_ids).order_by("pk")
        )
        return members.filter(*_deletable(self.batch, self.topics))


def scope_of(batch: ImportBatch) -> Scope:
    """Return the scope of a batch; it is the same before, during and after the undo."""
    topics = sorted({*batch.progress.get("topics", ()), *_topics(batch)})
    in_topics = Post.objects.filter(topic__any_of=topics).values_list("pk", flat=True)
    users = _targets(batch, Kind.USER)
    members = Member.objects.filter(pk__any_of=users)
    staying = members.exclude(pk__in=members.filter(*_deletable(batch, topics)))
    return Scope(
        batch,
        topics=topics,
        posts=sorted({*_targets(batch, Kind.POST, Kind.COMMENT), *in_topics}),
        awards=_targets(batch, Kind.BADGE),
        members=sorted(set(users).difference(staying.values_list("pk", flat=True))),
    )


def _deletable(batch: ImportBatch, topics: list[int]) -> list[Combinable | Q]:
    """Members who never claimed their account, have nothing of their own here, and are not known to other systems."""
    of_member = {"author": OuterRef("pk")}
    posts = Post.objects.filter(**of_member).exclude(topic__any_of=topics).exclude(_imported_by(batch))
    others = Topic.objects.filter(**of_member).exclude(pk__any_of=topics)
    reported = Event.objects.filter(member=OuterRef("pk"), actor_role=Event.ActorRole.API)
    return [Q(claimed_at=None), ~Exists(posts), ~Exists(others), ~Exists(reported)]


def _imported_by(batch: ImportBatch) -> Exists:
    kinds = (Kind.POST, Kind.COMMENT)
    return Exists(ImportedRow.objects.filter(batch=batch, kind__in=kinds, target_id=OuterRef("pk")))


def _topics(batch: ImportBatch) -> list[int]:
    """Topics opened by imported posts, and imported topics that are empty because they were merged."""
    opened = Post.objects.filter(_imported_by(batch), kind=Post.Kind.OPENING).values_list("topic", flat=True)
    created = Event.objects.filter(source=batch.event_source, name=TOPIC_CREATED)
    return [*opened, *(pk for pk in created.values_list("object_id", flat=True) if pk is not None)]


def _targets(batch: ImportBatch, *kinds: str) -> list[int]:
    rows = ImportedRow.objects.filter(batch=batch, kind__in=kinds)
    return list(rows.values_list("target_id", flat=True))
