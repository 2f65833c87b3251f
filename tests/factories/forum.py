from typing import Any

import factory
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.html import escape
from factory.django import DjangoModelFactory

from community.forum.models import Category, Post, Tag, Topic

from .members import MemberFactory

COUNTED = (Post.Kind.REPLY, Post.Kind.ANSWER)
DIGITS_AS_LETTERS = str.maketrans("0123456789", "bcdfghjklm")


def word(n: int) -> str:
    """One word for each number, without digits or vowels: no test that searches for a number or a word finds it."""
    return f"x{str(n).translate(DIGITS_AS_LETTERS)}"


class CategoryFactory(DjangoModelFactory[Category]):
    """`groups=[group]` makes it private: only those groups may see, reply and create topics."""

    class Meta:
        model = Category
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Category {n}")
    slug = factory.Sequence(lambda n: f"category-{n}")

    @factory.post_generation
    def groups(self, create: bool, extracted: list[Group] | None, **kwargs: Any) -> None:
        if not create or extracted is None:
            return
        for act in ("see", "reply", "create"):
            setattr(self, f"{act}_by", Category.Audience.GROUPS)
            getattr(self, f"{act}_groups").set(extracted)
        self.save(update_fields=["see_by", "reply_by", "create_by"])


class TagFactory(DjangoModelFactory[Tag]):
    class Meta:
        model = Tag
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"tag{n}")
    slug = factory.SelfAttribute("name")


class TopicFactory(DjangoModelFactory[Topic]):
    """A topic with its opening post; `opening__source="..."` sets its text."""

    class Meta:
        model = Topic
        skip_postgeneration_save = True

    category = factory.SubFactory(CategoryFactory)
    title = factory.Sequence(lambda n: f"Topic number {word(n)} about coffee")
    author = factory.SubFactory(MemberFactory)
    created_at = factory.LazyFunction(timezone.now)
    bumped_at = factory.SelfAttribute("created_at")
    last_post_author = factory.SelfAttribute("author")

    @factory.post_generation
    def opening(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and extracted is not False:
            PostFactory(
                topic=self,
                kind=Post.Kind.OPENING,
                author=self.author,
                status=self.status,
                **{"created_at": self.created_at, **kwargs},
            )

    @factory.post_generation
    def tags(self, create: bool, extracted: list[Tag] | None, **kwargs: Any) -> None:
        if create and extracted:
            self.tags.set(extracted)


class QuestionFactory(TopicFactory):
    kind = Topic.Kind.QUESTION
    category = factory.SubFactory(CategoryFactory, kind=Category.Kind.QA)


class PostFactory(DjangoModelFactory[Post]):
    """A reply at the end of its topic; updates the topic's counters."""

    class Meta:
        model = Post
        skip_postgeneration_save = True

    topic = factory.SubFactory(TopicFactory)
    author = factory.SubFactory(MemberFactory)
    number = factory.LazyAttribute(lambda post: post.topic.last_number + 1)
    source = factory.Sequence(lambda n: f"What I think about this, number {word(n)}.")
    html = factory.LazyAttribute(lambda post: f"<p>{escape(post.source)}</p>\n")
    word_count = factory.LazyAttribute(lambda post: len(post.source.split()))
    created_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def counters(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if not create:
            return
        topic, category = self.topic, self.topic.category
        if topic.is_published and self.is_published and not self.is_comment:
            category.topic_count += self.is_opening
            category.post_count += 1
            category.save(update_fields=["topic_count", "post_count"])
        topic.last_number = max(topic.last_number, self.number)
        if self.is_published and not self.is_comment:
            topic.reply_count += self.kind in COUNTED
            topic.answer_count += self.kind == Post.Kind.ANSWER
            topic.bumped_at, topic.last_post_author = self.created_at, self.author
        topic.save(
            update_fields=["last_number", "reply_count", "answer_count", "bumped_at", "last_post_author"]
        )


class AnswerFactory(PostFactory):
    topic = factory.SubFactory(QuestionFactory)
    kind = Post.Kind.ANSWER


class CommentFactory(PostFactory):
    """A comment under `parent`, by default under an answer."""

    parent = factory.SubFactory(AnswerFactory)
    topic = factory.SelfAttribute("parent.topic")
    kind = Post.Kind.COMMENT
