from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from community.moderation.models import Flag, Reason, ReviewItem, Sanction

from .forum import PostFactory
from .members import MemberFactory


class FlagFactory(DjangoModelFactory[Flag]):
    """A flag of weight 1, without the side effects of `flags.add()`."""

    class Meta:
        model = Flag

    post = factory.SubFactory(PostFactory)
    member = factory.SubFactory(MemberFactory)
    reason = Reason.SPAM
    weight = Decimal(1)


class SanctionFactory(DjangoModelFactory[Sanction]):
    class Meta:
        model = Sanction

    member = factory.SubFactory(MemberFactory)
    kind = Sanction.Kind.SILENCE
    reason = "You advertised in every topic."
    rule = Reason.SPAM
    given_by = factory.SubFactory(MemberFactory, role="moderator")


class ReviewItemFactory(DjangoModelFactory[ReviewItem]):
    class Meta:
        model = ReviewItem

    kind = ReviewItem.Kind.FLAGGED
    post = factory.SubFactory(PostFactory)
    member = factory.LazyAttribute(lambda item: item.post.author)
    reason = "Spam"
