from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from community.core import page_cache
from community.core.audit import audit
from community.events.catalogue import MEMBER_ROLE_CHANGED
from community.events.services.recording import record
from community.members.models import Member

ADMIN_ROLES = {Member.Role.MANAGER, Member.Role.MODERATOR}


@transaction.atomic
def set_roles(member: Member, roles: Collection[str], *, actor: Member | None = None) -> Member:
    """Replace the member's staff roles; each is a group, and the strongest is shown beside the name.

    Other groups are left alone. Raises ValueError for an unknown role.
    """
    unknown = set(roles) - set(Member.Role.values)
    if unknown:
        raise ValueError(f"There is no role called {sorted(unknown)[0]!r}.")
    locked = Member.objects.select_for_update().get(pk=member.pk)
    held = set(locked.groups.filter(name__in=Member.Role.values).values_list("name", flat=True))
    strongest = next((role for role in Member.Role.values if role in roles), "")
    locked.groups.remove(*Group.objects.filter(name__in=held - set(roles)))
    locked.groups.add(*(Group.objects.get_or_create(name=role)[0] for role in set(roles) - held))
    previous, locked.role = locked.role, strongest
    locked.is_staff = locked.is_superuser or bool(ADMIN_ROLES & set(roles))
    locked.save(update_fields=["role", "is_staff"])
    member.role, member.is_staff = locked.role, locked.is_staff
    if previous != strongest:
        page_cache.invalidate_on_commit()
        record(
            MEMBER_ROLE_CHANGED,
            actor=actor,
            member=locked,
            subject=locked,
            key=timezone.now().isoformat(),
            role=strongest,
            previous=previous,
        )
    if held != set(roles):
        audit(
            "roles.set",
            actor=actor,
            subject=locked,
            before={"roles": sorted(held)},
            after={"roles": sorted(roles)},
        )
    return member
