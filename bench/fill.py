"""`make bench FILL=1`: a community of the size that other forums were measured on, written by COPY.

Counters are computed as the services would: `tests/bench/test_fill.py` compares them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.text import slugify

from bench import people, stages
from bench.bulk import Batch, copy_rows, next_key, renumber
from bench.texts import Writer, by_power_law
from community.badges.models import Award, Badge
from community.forum.models import Category, Like, Post, ReadState, Tag, Topic
from community.members.models import Company, Guidelines, Member
from community.prospects.models import ProspectForum
from community.prospects.services import tracking
from community.qa.models import Question, Vote

BATCH = 1_000
DAYS = 3 * 365
# The categories besides the prospect forum: name, kind, audience, share of the topics.
CATEGORIES = (
    ("Everyday talk", Category.Kind.FORUM, Category.Audience.EVERYONE, 30),
    ("Questions and answers", Category.Kind.QA, Category.Audience.EVERYONE, 50),
    ("Ideas", Category.Kind.IDEAS, Category.Audience.EVERYONE, 7),
    ("Articles", Category.Kind.ARTICLES, Category.Audience.EVERYONE, 3),
    ("Among members", Category.Kind.FORUM, Category.Audience.MEMBERS, 10),
)
KINDS = {
    Category.Kind.FORUM: Topic.Kind.DISCUSSION,
    Category.Kind.QA: Topic.Kind.QUESTION,
    Category.Kind.IDEAS: Topic.Kind.IDEA,
    Category.Kind.ARTICLES: Topic.Kind.ARTICLE,
    Category.Kind.PROSPECT: Topic.Kind.QUESTION,
}


@dataclass(frozen=True)
class Size:
    """The size of the community. One topic has `longest` replies; `prospects` is the number of desk questions."""

    members: int = 20_000
    topics: int = 10_000
    posts: int = 100_000
    longest: int = 2_000
    prospects: int = 300
    waiting: int = 25


@dataclass
class Filling:
    """The state of a fill."""

    chance: random.Random
    writer: Writer
    now: datetime
    authors: Sequence[int]
    weights: Sequence[float]
    categories: Sequence[Category]
    tags: Sequence[Tag]
    badges: Sequence[Badge]
    next_post: int

    def author(self) -> int:
        return self.chance.choices(self.authors, cum_weights=self.weights)[0]

    def some(self, probability: float) -> list[int]:
        """Return a few distinct members with the given probability, otherwise none."""
        if self.chance.random() >= probability:
            return []
        return self.chance.sample(
            self.authors, min(int(self.chance.paretovariate(1.5)), 20, len(self.authors))
        )


@transaction.atomic
def fill(size: Size, *, seed: int = 1) -> None:
    """Add a community of this size to the existing data."""
    chance = random.Random(seed)  # noqa: S311
    writer, now = Writer(chance, pool=min(2_000, size.posts // 4)), timezone.now()
    authors = [*_members(size.members, writer, now), *(member.pk for member in people.members())]
    chance.shuffle(authors)
    filling = Filling(
        chance,
        writer,
        now,
        authors,
        by_power_law(len(authors), flat=50),
        _categories(),
        _tags(writer),
        list(Badge.objects.active()),
        next_key(Post),
    )
    topics = _topics(filling, size)
    stages.write(authors, chance, now.date())
    _read_states(filling, topics)
    _count_categories()
    _track_desk()
    for model in (Member, Topic, Post):
        renumber(model)


def vacuum() -> None:
    """Update the planner's statistics after the copy; must not be called in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _members(count: int, writer: Writer, now: datetime) -> range:
    keys = range(next_key(Member), next_key(Member) + count)
    companies = [
        Company.objects.get_or_create(slug=f"fill-{n}", defaults={"name": writer.name()})[0].pk
        for n in range(50)
    ]
    chance, guidelines = writer.chance, Guidelines.objects.in_force()
    copy_rows(
        Member(
            pk=key,
            username=f"fill-{key}",
            email=f"fill-{key}@example.com",
            display_name=writer.name(),
            password=people.NO_PASSWORD,
            company_id=chance.choice(companies) if chance.random() < 0.2 else None,
            customer_since=now.date() - timedelta(chance.randrange(DAYS)) if chance.random() < 0.3 else None,
            joined_at=(joined := now - timedelta(chance.randrange(1, 2 * DAYS))),
            claimed_at=joined,
            last_seen_at=now - timedelta(chance.randrange(90)),
            guidelines=guidelines,
            guidelines_accepted_at=joined if guidelines else None,
        )
        for key in keys
    )
    return keys


def _categories() -> list[Category]:
    made = []
    for position, (name, kind, audience, _) in enumerate(CATEGORIES, start=50):
        values = {"name": name, "kind": kind, "see_by": audience, "position": position}
        made.append(Category.objects.get_or_create(slug=f"fill-{slugify(name)}", defaults=values)[0])
    return made


def _tags(writer: Writer) -> list[Tag]:
    first = next_key(Tag)
    Tag.objects.bulk_create(
        Tag(name=f"{word}-{first + n}", slug=f"{word}-{first + n}")
        for n, word in enumerate(writer.vocabulary[:200])
    )
    return list(Tag.objects.filter(pk__gte=first))


def _topics(filling: Filling, size: Size) -> list[tuple[int, int]]:
    """Write all topics; return the id and last post number of each."""
    first, written, batch = next_key(Topic), [], Batch()
    for number, (category, replies) in enumerate(_plan(filling, size)):
        waits = category.kind == Category.Kind.PROSPECT and number < size.waiting
        topic = _topic(filling, batch, first + number, category, replies, waits=waits)
        written.append((topic.pk, topic.last_number))
        if len(written) % BATCH == 0:
            batch.copy()
    batch.copy()
    return written


def _plan(filling: Filling, size: Size) -> Iterator[tuple[Category, int]]:
    """Yield the category and the number of replies of each topic; log-normally distributed."""
    desk = ProspectForum.objects.select_related("category").get(category__slug="before-you-buy").category
    shared = size.topics - (1 if size.longest else 0)
    extra = [0] * shared
    weights = [filling.chance.lognormvariate(0, 0.9) for _ in range(shared)]
    for place in filling.chance.choices(
        range(shared), weights=weights, k=size.posts - size.topics - size.longest
    ):
        extra[place] += 1
    for place in range(size.waiting, size.prospects):
        if not extra[place]:  # needs an answer by sales
            extra[place] = 1
            extra[extra.index(max(extra))] -= 1
    for place, replies in enumerate(extra):
        if place < size.prospects:
            yield desk, replies
        else:
            yield (
                filling.chance.choices(filling.categories, weights=[row[3] for row in CATEGORIES])[0],
                replies,
            )
    if size.longest:
        yield filling.categories[0], size.longest


def _topic(
    filling: Filling, batch: Batch, key: int, category: Category, replies: int, *, waits: bool
) -> Topic:
    chance, title = filling.chance, filling.writer.title()
    created, times = _times(filling, replies, recent=waits)
    topic = Topic(
        pk=key,
        category=category,
        kind=KINDS[Category.Kind(category.kind)],
        title=title[:255],
        slug=slugify(title)[:100].strip("-") or "topic",
        author_id=filling.author(),
        created_at=created,
        view_count=chance.randrange(5_000),
    )
    posts = list(_posts(filling, topic, times, staffed=category.kind == Category.Kind.PROSPECT and not waits))
    topic.excerpt = " ".join(posts[0].source.split())[:280]
    accepted = _accept(filling, batch, topic, posts)
    for post in posts:
        _appreciate(filling, batch, topic, post)
    _count(topic, posts, filling.now)
    topic.is_solved = accepted is not None
    batch.add(topic, *posts)
    through = Topic.tags.through
    batch.add(
        *(through(topic_id=key, tag_id=tag.pk) for tag in chance.sample(filling.tags, chance.randrange(4)))
    )
    return topic


def _times(filling: Filling, replies: int, *, recent: bool) -> tuple[datetime, list[datetime]]:
    """Return the creation time of a topic and of each reply, in order."""
    chance = filling.chance
    age = (
        timedelta(hours=chance.uniform(0.1, 8))
        if recent
        else timedelta(days=DAYS * chance.random() ** 1.5 + 1)
    )
    span = min(age, timedelta(days=chance.expovariate(1 / 20) + replies))
    created = filling.now - age
    return created, sorted(created + span * chance.uniform(0.001, 0.999) for _ in range(replies))


def _posts(filling: Filling, topic: Topic, times: Sequence[datetime], *, staffed: bool) -> Iterator[Post]:
    """Yield the opening post, then answers and comments for a question, or replies otherwise."""
    chance, parents = filling.chance, []
    sales = people.sales() if staffed else []
    for number, written in enumerate([topic.created_at, *times], start=1):
        text, author, kind, parent = filling.writer.post(), filling.author(), Post.Kind.REPLY, None
        if number == 1:
            author, kind = topic.author_id, Post.Kind.OPENING
        elif topic.is_question:
            kind = Post.Kind.COMMENT if chance.random() < 0.4 else Post.Kind.ANSWER
            parent = chance.choice(parents[-20:]) if kind == Post.Kind.COMMENT else None
            if sales and number == 2:
                author, kind, parent = chance.choice(sales).pk, Post.Kind.ANSWER, None
        post = Post(
            pk=filling.next_post,
            topic_id=topic.pk,
            number=number,
            kind=kind,
            parent_id=parent,
            author_id=author,
            source=text.source,
            html=text.html,
            word_count=text.words,
            created_at=written,
        )
        filling.next_post += 1
        if kind != Post.Kind.COMMENT:
            parents.append(post.pk)
        yield post


def _accept(filling: Filling, batch: Batch, topic: Topic, posts: Sequence[Post]) -> Post | None:
    """Accept an answer for about half of the answered questions."""
    answers = [post for post in posts if post.kind == Post.Kind.ANSWER]
    if not answers or topic.category.kind == Category.Kind.PROSPECT or filling.chance.random() < 0.5:
        return None
    best = filling.chance.choice(answers)
    best.is_accepted = True
    batch.add(
        Question(
            topic_id=topic.pk,
            accepted_answer_id=best.pk,
            accepted_by_id=topic.author_id,
            accepted_at=best.created_at,
        )
    )
    return best


def _appreciate(filling: Filling, batch: Batch, topic: Topic, post: Post) -> None:
    """Give a post likes, votes and badges."""
    likers = [member for member in filling.some(0.25) if member != post.author_id]
    batch.add(*(Like(post_id=post.pk, member_id=member, created_at=post.created_at) for member in likers))
    post.like_count = len(likers)
    if post.kind in (Post.Kind.OPENING, Post.Kind.ANSWER) and topic.is_question:
        voters = [member for member in filling.some(0.4) if member != post.author_id]
        values = [filling.chance.choices((1, -1), weights=(9, 1))[0] for _ in voters]
        batch.add(
            *(
                Vote(post_id=post.pk, member_id=member, value=value, created_at=post.created_at)
                for member, value in zip(voters, values, strict=True)
            )
        )
        post.score = sum(values)
    if filling.badges and filling.chance.random() < 0.05:
        badge = filling.chance.choice(filling.badges)
        batch.add(
            Award(
                badge_id=badge.pk,
                member_id=post.author_id,
                key=f"post:{post.pk}",
                post_id=post.pk,
                awarded_at=post.created_at,
            )
        )


def _count(topic: Topic, posts: Sequence[Post], now: datetime) -> None:
    """Set the denormalised counters of the topic."""
    counted = [post for post in posts if post.kind in (Post.Kind.REPLY, Post.Kind.ANSWER)]
    topic.reply_count = len(counted)
    topic.answer_count = sum(post.kind == Post.Kind.ANSWER for post in posts)
    topic.like_count = sum(post.like_count for post in posts)
    topic.score = posts[0].score
    topic.last_number = posts[-1].number
    topic.last_post_author_id = counted[-1].author_id if counted else topic.author_id
    topic.bumped_at = max(post.created_at for post in posts if post.kind != Post.Kind.COMMENT)
    hours = (now - topic.created_at).total_seconds() / 3600
    topic.hot_score = topic.like_count / (hours + 2) ** 1.2


def _count_categories() -> None:
    shown = Q(topics__status=Topic.Status.PUBLISHED)
    for category in Category.objects.annotate(
        n=Count("topics", filter=shown), replies=Sum("topics__reply_count", filter=shown, default=0)
    ):
        category.topic_count, category.post_count = category.n, category.n + category.replies
        category.save(update_fields=["topic_count", "post_count"])
    for tag in Tag.objects.annotate(n=Count("topics", filter=shown)):
        tag.topic_count = tag.n
        tag.save(update_fields=["topic_count"])


def _track_desk() -> None:
    asked = Topic.objects.filter(category__kind=Category.Kind.PROSPECT, at_desk=None)
    for topic_id in asked.values_list("pk", flat=True):
        tracking.track_topic(topic_id)


def _read_states(filling: Filling, topics: Sequence[tuple[int, int]]) -> None:
    """Add read states of forty topics each for the busiest members and the readers of the run."""
    readers = {*filling.authors[:2_000], *(member.pk for member in people.members())}
    chance = filling.chance
    copy_rows(
        ReadState(
            member_id=member, topic_id=topic, last_read_number=chance.choice((last, chance.randint(1, last)))
        )
        for member in sorted(readers)
        for topic, last in chance.sample(topics, min(40, len(topics)))
    )
