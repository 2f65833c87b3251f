"""Create members from users: unclaimed and without an email address, so they are never emailed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, count

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from community.core.markdown import render
from community.core.text import storable
from community.events.catalogue import MEMBER_REGISTERED
from community.events.models import Event
from community.events.services.recording import Draft, record_all
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from community.importers.progress import Progress
from community.importers.services.failures import Failures
from community.importers.services.statements import reset_query_log, save_progress
from community.members import names
from community.members.models import Member

BATCH_SIZE = 500
FORMER_MEMBER = "former-member"


def build_members(batch: ImportBatch, progress: Progress) -> None:
    """Create members from the staged users, in batches; resumes after the last saved batch."""
    usable = StagedRow.objects.filter(batch_id=batch.pk, file="users", skip="").order_by("ordinal")
    done = int(batch.progress.get("build:members", 0))
    progress.start("Members", usable.filter(ordinal__gt=done).count())
    while rows := list(usable.filter(ordinal__gt=done)[:BATCH_SIZE]):
        done = rows[-1].ordinal
        with transaction.atomic():
            failures = Failures()
            _build(batch, rows, failures)
            save_progress(batch, **{"build:members": done})
            failures.save(batch)
        progress.advance(len(rows))
        reset_query_log()


def _build(batch: ImportBatch, rows: list[StagedRow], failures: Failures) -> None:
    handles = usernames({row.key: row.data.get("DisplayName", "") for row in rows})
    members = [_member(row, handles[row.key], failures) for row in rows]
    Member.objects.bulk_create(members)
    ImportedRow.objects.bulk_create(
        ImportedRow(
            batch=batch, site=batch.site, kind=ImportedRow.Kind.USER, source_id=row.key, target_id=member.pk
        )
        for row, member in zip(rows, members, strict=True)
    )
    record_all(
        Draft(
            name=MEMBER_REGISTERED,
            occurred_at=member.joined_at,
            payload={"source": batch.site},
            object_type="members.member",
            object_id=member.pk,
            member_id=member.pk,
            actor_id=member.pk,
            actor_role=Event.ActorRole.MEMBER,
            channel=Event.Channel.IMPORT,
            source=batch.event_source,
        )
        for member in members
    )


def _member(row: StagedRow, username: str, failures: Failures) -> Member:
    data = row.data
    bio = _bio(row, failures)
    website = data.get("WebsiteUrl", "")
    member = Member(
        pk=row.target_id,
        username=username,
        display_name=(data.get("DisplayName", "").strip() or username)[:80],
        bio=bio,
        bio_html=render(bio).html if bio else "",
        location=data.get("Location", "")[:120],
        website=website if len(website) <= 200 and re.match(r"https?://\S+$", website) else "",
        joined_at=row.at,
        last_seen_at=data.get("LastAccessDate"),
    )
    member.set_unusable_password()
    return member


def _bio(row: StagedRow, failures: Failures) -> str:
    from community.core.html_to_markdown import to_markdown  # slow to load

    html = row.data.get("AboutMe", "")
    try:
        return storable(to_markdown(html))
    except Exception as error:  # no row may stop the import
        failures.add(row, "imported without its description", error)
        return ""


def usernames(wanted: dict[int, str]) -> dict[int, str]:
    """Return a free username per source id, based on its display name; the id is appended if it is taken."""
    preferred = {source: handle(name) or f"member-{abs(source)}" for source, name in wanted.items()}
    taken = _taken(preferred.values())
    chosen: dict[int, str] = {}
    for source, base in preferred.items():
        free = next(name for name in _variants(base, source) if name not in taken and _is_free(name, base))
        taken.add(free)
        chosen[source] = free
    return chosen


def handle(name: str) -> str:
    """Return the display name as a username; empty if too little of it is ASCII."""
    username = names.to_username(name)
    return username if len(username) >= names.USERNAME_MIN else ""


def _variants(base: str, source: int) -> Iterator[str]:
    yield base
    for suffix in chain([f"-{abs(source)}"], (f"-{abs(source)}-{number}" for number in count(2))):
        yield f"{base[: names.USERNAME_MAX - len(suffix)].strip('-')}{suffix}"


def _is_free(name: str, base: str) -> bool:
    # The base name was already looked up together with all the others.
    return not names.is_reserved(name) and (name == base or not _taken([name]))


def _taken(handles: Iterable[str]) -> set[str]:
    lower = Member.objects.annotate(lower=Lower("username")).filter(Q(lower__in=set(handles)))
    return set(lower.values_list("lower", flat=True))


def former_member() -> Member:
    """Return the account for all authors whose accounts are gone; their posts keep a byline."""
    member: Member
    member, created = Member.objects.get_or_create(
        username=FORMER_MEMBER, defaults={"display_name": "Former member", "is_active": False, "email": None}
    )
    if created:
        member.set_unusable_password()
        member.save(update_fields=["password"])
    return member
