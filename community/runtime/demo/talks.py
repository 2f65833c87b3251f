"""The conversations of the demo, created through the regular services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.db import transaction

from community.events.catalogue import TOPIC_VIEWED
from community.events.services.recording import Draft, record_all
from community.forum.models import Category, Post, Topic
from community.forum.services import likes, posts, read_states, topics
from community.members.models import Member
from community.moderation.services import flags
from community.prospects.models import ProspectForum, RosterEntry
from community.prospects.services.states import settle_question
from community.prospects.services.tracking import track_topic
from community.qa.services import accept_answer, mark_official, vote

from . import acts, script
from .chance import fraction, some
from .people import CONTENT, Person, load

People = Mapping[str, Person]
# The share of a topic's readers who are logged in.
MEMBERS_AMONG_READERS = 0.04


def seed_talks(people: People, *, now: datetime) -> int:
    """Create the missing categories with their topics. Return the number of topics created."""
    return sum(
        _seed_category(row, position, people, now)
        for position, row in enumerate(load("community.toml")["category"])
    )


@transaction.atomic
def _seed_category(row: Mapping[str, object], position: int, people: People, now: datetime) -> int:
    if Category.objects.filter(slug=row["slug"]).exists():
        return 0
    writer = _Writer(_category(row, position, people), people, now)
    talks = script.read(CONTENT / str(row["file"]))
    for talk in talks:
        writer.write(talk)
    return len(talks)


def _category(row: Mapping[str, object], position: int, people: People) -> Category:
    fields = ("name", "kind", "icon", "description")
    category = Category.objects.create(
        slug=str(row["slug"]), position=position, **{name: row[name] for name in fields}
    )
    audiences = {
        "create": row.get("create_by"),
        **dict.fromkeys(("see", "reply", "create"), row.get("groups")),
    }
    audiences["create"] = row.get("groups") or row.get("create_by")
    for act, names in audiences.items():
        if isinstance(names, list):
            setattr(category, f"{act}_by", Category.Audience.GROUPS)
            groups = [Group.objects.get_or_create(name=name)[0] for name in names]
            getattr(category, f"{act}_groups").set(groups)
    category.save(update_fields=["see_by", "reply_by", "create_by"])
    if category.kind == Category.Kind.PROSPECT:
        _staff(category, row, people)
    return category


def _staff(category: Category, row: Mapping[str, object], people: People) -> None:
    fields = ("promise_minutes", "grace_minutes", "welcome", "opens_at", "closes_at", "time_zone")
    forum = ProspectForum.objects.create(category=category, **{name: row[name] for name in fields})
    roster = row["roster"]
    assert isinstance(roster, list)  # noqa: S101 - for mypy
    RosterEntry.objects.bulk_create(
        RosterEntry(
            forum=forum,
            member=people[one["username"]].member,
            real_name=one["real_name"],
            title=one["title"],
            is_trained=True,
            position=place,
        )
        for place, one in enumerate(roster)
    )


class _Writer:
    """Writes the talks of one category, back-dated."""

    def __init__(self, category: Category, people: People, now: datetime) -> None:
        self.category, self.people, self.now = category, people, now

    def write(self, talk: script.Talk) -> None:
        at = self.now - timedelta(days=talk.days_ago)
        topic = topics.create(
            self.category,
            author=self.people[talk.author].member,
            kind=talk.kind,
            title=talk.title,
            source=talk.source,
            tags=talk.tags,
            now=at,
            screen="held" in talk.marks,
        )
        if "held" in talk.marks:
            return
        if "pinned" in talk.marks:
            topics.pin(topic, actor=topic.author, everywhere=True)
        self._react(topic.posts.get(kind=Post.Kind.OPENING), talk.numbers)
        for line in talk.replies:
            at = min(at + line.after, self.now - timedelta(minutes=2))
            self._reply(topic, line, at)
        self._read(topic, talk)

    def _reply(self, topic: Topic, line: script.Line, at: datetime) -> None:
        author = self.people[line.author].member
        post = posts.create(topic, author=author, source=line.source, now=at, screen=False)
        self._react(post, line.numbers)
        later = min(at + timedelta(hours=2), self.now)
        if "official" in line.marks:
            mark_official(post, actor=author, now=later)
        if "accepted" in line.marks:
            accept_answer(post, actor=topic.author, now=later)
        if "settled" in line.marks and (question := track_topic(topic.pk)):
            settle_question(question, actor=self._salesperson(topic), now=later)
        for name in line.flaggers:
            flags.add(post, actor=self.people[name].member, reason=line.flag)

    def _salesperson(self, topic: Topic) -> Member:
        replies = topic.posts.filter(author__role=Member.Role.SALES).select_related("author")
        return replies.order_by("-number")[0].author

    def _react(self, post: Post, numbers: Mapping[str, int]) -> None:
        """Add votes and likes to the post, by members who had joined by then."""
        for name, number in numbers.items():
            for person in self._sample(post, number if name != "views" else 0, name):
                at = self._soon_after(post, person.member.username, name)
                if name == "like":
                    likes.add(post, member=person.member, now=at)
                else:
                    vote(post, member=person.member, value=1 if name == "up" else -1, now=at)

    def _sample(self, post: Post, number: int, *about: object) -> list[Person]:
        candidates = [
            person
            for person in self.people.values()
            if person.joined < post.created_at
            and person.member.pk != post.author_id
            and not person.member.is_team
            and person.row.get("visits")
            and ("beta" in person.row.get("groups", ()) or self.category.see_by != "groups")
        ]
        by_name = {person.member.username: person for person in candidates}
        return [by_name[name] for name in some(list(by_name), number, post.topic.title, post.number, *about)]

    def _soon_after(self, post: Post, *about: object) -> datetime:
        at = post.created_at + timedelta(hours=30 * fraction(post.topic.title, post.number, *about) ** 2)
        return min(at, self.now - timedelta(minutes=1))

    def _read(self, topic: Topic, talk: script.Talk) -> None:
        """Set the view count, and record an event for the views by members."""
        views = talk.numbers.get("views", 0)
        Topic.objects.filter(pk=topic.pk).update(view_count=views)
        opening = topic.posts.get(kind=Post.Kind.OPENING)
        readers = self._sample(opening, round(views * MEMBERS_AMONG_READERS), "read")
        seen = [(person, self._soon_after(opening, person.member.username, "read")) for person in readers]
        record_all(
            Draft(
                name=TOPIC_VIEWED,
                occurred_at=at,
                payload={},
                object_type="forum.topic",
                object_id=topic.pk,
                member_id=person.member.pk,
                actor_id=person.member.pk,
                actor_role="member",
                source=acts.SOURCE,
                key=f"{person.member.pk}:{at:%Y-%m-%d}",
            )
            for person, at in seen
        )
        if talk.days_ago > 2:
            topic.refresh_from_db()
            for person in self.people.values():
                if person.row.get("email"):
                    read_states.mark_read(topic, member=person.member, number=topic.last_number, now=self.now)
