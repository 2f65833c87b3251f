from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone
from factory.django import DjangoModelFactory

from community.members.models import Company, Guidelines, Member


class CompanyFactory(DjangoModelFactory[Company]):
    class Meta:
        model = Company

    name = factory.Sequence(lambda n: f"Company {n}")
    slug = factory.Sequence(lambda n: f"company-{n}")


class GuidelinesFactory(DjangoModelFactory[Guidelines]):
    class Meta:
        model = Guidelines
        django_get_or_create = ("version",)

    version = 1
    source = "Be kind."
    html = "<p>Be kind.</p>"


class MemberFactory(DjangoModelFactory[Member]):
    """A member who can log in and post: claimed, and agreed to the current guidelines, if there are any.

    `role="moderator"` also adds them to that role's group; `unclaimed=True` creates an imported member.
    """

    class Meta:
        model = Member
        skip_postgeneration_save = True

    class Params:
        unclaimed = factory.Trait(email=None, claimed_at=None, guidelines=None, guidelines_accepted_at=None)

    username = factory.Sequence(lambda n: f"member{n}")
    email = factory.LazyAttribute(lambda member: f"{member.username}@example.com")
    display_name = factory.LazyAttribute(lambda member: f"Member {member.username.removeprefix('member')}")
    claimed_at = factory.LazyFunction(timezone.now)
    guidelines = factory.LazyFunction(lambda: Guidelines.objects.first())
    guidelines_accepted_at = factory.LazyFunction(timezone.now)

    @factory.lazy_attribute
    def is_staff(self) -> bool:
        return self.role in (Member.Role.MANAGER, Member.Role.MODERATOR)

    role = ""
    password = "a-good-password"

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        return {**kwargs, "password": make_password(kwargs["password"])}

    @factory.post_generation
    def groups(self, create: bool, extracted: list[Group] | None, **kwargs: Any) -> None:
        if not create:
            return
        groups = list(extracted or [])
        if self.role:
            groups.append(Group.objects.get_or_create(name=self.role)[0])
        self.groups.add(*groups)
