"""The readers of a run, and their sessions."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from community.core.sessions import SessionStore
from community.forum.models import Category
from community.members.models import Guidelines, Member
from community.members.services.roles import set_roles
from community.moderation.models import Policy
from community.prospects.models import ProspectForum, RosterEntry

MEMBERS, SALES, MANAGERS = 200, 5, 3
TOKEN = "b" * 32
NO_PASSWORD = "!"  # noqa: S105


def prepare() -> None:
    """Create the members and staff of the run, and the prospect forum with its roster."""
    for member in [*_people("member", MEMBERS), *_people("manager", MANAGERS), *_people("sales", SALES)]:
        member.save()
    category, _ = Category.objects.get_or_create(
        slug="before-you-buy",
        defaults={"name": "Before you buy", "kind": Category.Kind.PROSPECT, "position": 90},
    )
    forum, _ = ProspectForum.objects.get_or_create(category=category)
    for manager in managers():
        set_roles(manager, [Member.Role.MANAGER])
    for member in Member.objects.filter(username__startswith="bench-sales-"):
        set_roles(member, [Member.Role.SALES])
        RosterEntry.objects.create(
            forum=forum, member=member, real_name=str(member), title="Advisor", is_trained=True
        )


def lift_limits() -> None:
    """Let nobody count as new: the engine, which knows of no purchase, ends that members are customers."""
    Policy.objects.update_or_create(pk=1, defaults={"new_until_posts": 0})


def members() -> list[Member]:
    """Return long-standing customers, to whom no limits for new members apply."""
    return list(Member.objects.filter(username__startswith="bench-member-").order_by("pk"))


def sales() -> list[Member]:
    return list(Member.objects.filter(username__startswith="bench-sales-").order_by("pk"))


def managers() -> list[Member]:
    return list(Member.objects.filter(username__startswith="bench-manager-").order_by("pk"))


def _people(kind: str, count: int) -> Iterable[Member]:
    now, guidelines = timezone.now(), Guidelines.objects.in_force()
    for number in range(count):
        yield Member(
            username=f"bench-{kind}-{number}",
            email=f"bench-{kind}-{number}@example.com",
            display_name=f"{kind.capitalize()} {number}",
            password=NO_PASSWORD,
            claimed_at=now,
            joined_at=now.replace(year=now.year - 4, day=1),
            customer_since=f"{now.year - 4}-01-01" if kind == "member" else None,
            guidelines=guidelines,
            guidelines_accepted_at=now if guidelines else None,
        )


def cookie_of(member: Member) -> str:
    """Create a session for the member and return its Cookie header."""
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
