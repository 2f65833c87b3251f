"""Auth backends that load the member, unread count and active sanction in one prepared statement."""

from __future__ import annotations

from datetime import datetime

from allauth.account import auth_backends
from django.contrib.auth import backends
from django.db.models import QuerySet
from django.utils import timezone

from community.core.prepared import Prepared, compiled_at_start
from community.members.models import Member
from community.moderation.active_sanctions import with_active_sanction
from community.notifications.services import with_unread_count


@compiled_at_start()
def _members() -> Prepared[Member]:
    def build(member_id: int, now: datetime) -> QuerySet[Member]:
        return with_active_sanction(with_unread_count(Member.objects.filter(pk=member_id)), now)

    return Prepared(build)


class _FindsMember:
    def get_user(self, user_id: int) -> Member | None:
        member = _members().first(member_id=user_id, now=timezone.now())
        return member if member and member.is_active else None


class ModelBackend(_FindsMember, backends.ModelBackend):
    pass


class AuthenticationBackend(_FindsMember, auth_backends.AuthenticationBackend):
    pass
