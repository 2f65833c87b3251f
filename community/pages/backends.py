"""Auth backends that load the member and unread count in one prepared statement."""

from __future__ import annotations

from functools import cache

from allauth.account import auth_backends
from django.contrib.auth import backends
from django.db.models import QuerySet

from community.core.prepared import Prepared
from community.members.models import Member
from community.notifications.services import with_unread_count


@cache
def _members() -> Prepared[Member]:
    def build(member_id: int) -> QuerySet[Member]:
        return with_unread_count(Member.objects.filter(pk=member_id))

    return Prepared(build)


class _FindsMember:
    def get_user(self, user_id: int) -> Member | None:
        member = _members().first(member_id=user_id)
        return member if member and member.is_active else None


class ModelBackend(_FindsMember, backends.ModelBackend):
    pass


class AuthenticationBackend(_FindsMember, auth_backends.AuthenticationBackend):
    pass
