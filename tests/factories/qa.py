import factory
from factory.django import DjangoModelFactory

from community.qa.models import Vote

from .forum import AnswerFactory
from .members import MemberFactory


class VoteFactory(DjangoModelFactory[Vote]):
    class Meta:
        model = Vote

    post = factory.SubFactory(AnswerFactory)
    member = factory.SubFactory(MemberFactory)
    value = 1
