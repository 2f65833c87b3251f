"""How a session's member is found: by a statement that is kept prepared, because every page of a member begins so."""

from __future__ import annotations

from functools import cache

from allauth.account import auth_backends
from django.contrib.auth import backends

from community.core.prepared import Prepared

from .models import Member


@cache
def _members() -> Prepared[Member]:
    return Prepared(lambda member_id: Member.objects.filter(pk=member_id))


class _FindsMember:
    def get_user(self, user_id: int) -> Member | None:
        member = _members().first(member_id=user_id)
        return member if member and member.is_active else None


class ModelBackend(_FindsMember, backends.ModelBackend):
    pass


class AuthenticationBackend(_FindsMember, auth_backends.AuthenticationBackend):
    pass
