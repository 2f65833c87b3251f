"""The members, companies and guidelines of the demo."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from community.events.services.recording import Draft, record_all
from community.members.models import Company, Guidelines, Member
from community.members.services.accounts import register
from community.members.services.companies import match_company
from community.members.services.guidelines import publish_guidelines
from community.members.services.profiles import save_profile
from community.members.services.roles import set_roles
from community.members.services.visits import visit_draft

from . import acts
from .chance import fraction

CONTENT = Path(__file__).resolve().parent / "content"
PASSWORD = "caravan-demo"  # noqa: S105 - of the demo, and shown on its front page
DAYS = 180


@dataclass(frozen=True)
class Person:
    """A member and their row in people.toml."""

    member: Member
    row: Mapping[str, Any]
    joined: datetime


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / name).read_text(encoding="utf-8"))


@transaction.atomic
def seed_people(*, now: datetime) -> dict[str, Person]:
    """Create the members and their events outside the forum, and return them by username; idempotent."""
    data = load("people.toml")
    names = [row["username"] for row in data["member"]]
    existing = {member.username: member for member in Member.objects.filter(username__in=names)}
    if existing:
        return {
            row["username"]: Person(existing[row["username"]], row, existing[row["username"]].joined_at)
            for row in data["member"]
        }
    guidelines = publish_guidelines(load("community.toml")["guidelines"], actor=None)
    # Before the first member agreed to them.
    Guidelines.objects.update(
        published_at=now - timedelta(days=1 + max(row["joined"] for row in data["member"]))
    )
    for row in data["company"]:
        Company.objects.get_or_create(
            slug=row["slug"], defaults={"name": row["name"], "verified_domains": [row["domain"]]}
        )
    domains = {row["slug"]: row["domain"] for row in data["company"]}
    password = make_password(PASSWORD)
    people = {row["username"]: _join(row, guidelines, domains, password, now=now) for row in data["member"]}
    members = {username: person.member for username, person in people.items()}
    record_all(
        acts.draft(person.member, phrase, now=now, members=members)
        for person in people.values()
        for phrase in person.row.get("acts", ())
    )
    record_all(draft for person in people.values() for draft in _visits(person, now=now))
    return people


def _join(
    row: Mapping[str, Any],
    guidelines: Guidelines,
    domains: Mapping[str, str],
    password: str,
    *,
    now: datetime,
) -> Person:
    joined = now - timedelta(days=row["joined"], hours=4 * fraction(row["username"], "hour"))
    seen = 10 * fraction(row["username"], "seen") if row.get("visits") else 95
    email = row.get("email")
    member = Member(
        username=row["username"],
        display_name=row["name"],
        email=email,
        joined_at=joined,
        role=row.get("role", ""),
        password=password if email else make_password(None),
        last_seen_at=max(joined, now - timedelta(days=seen)),
    )
    register(member, guidelines=guidelines, source="demo", now=joined)
    if email:
        EmailAddress.objects.create(user=member, email=email, verified=True, primary=True)
    if member.role:
        set_roles(member, [member.role])
    member.groups.add(*(Group.objects.get_or_create(name=name)[0] for name in row.get("groups", ())))
    if "company" in row:
        match_company(member, email=f"{row['username']}@{domains[row['company']]}", now=joined)
    save_profile(
        member,
        bio=row["bio"],
        location=row.get("place", ""),
        time_zone=row.get("zone", "Europe/London"),
        shows_customer=row.get("shows_customer", False),
    )
    return Person(member, row, joined)


def _visits(person: Person, *, now: datetime) -> list[Draft]:
    """Return visits on about `visits` of ten days since the member joined."""
    name, often = person.member.username, person.row.get("visits", 0) / 10
    drafts = []
    for day in range(DAYS):
        at = (now - timedelta(days=day)).replace(hour=6, minute=0) + timedelta(hours=15 * fraction(name, day))
        if fraction(name, day, "visit") < often and person.joined < at < now:
            drafts.append(visit_draft(person.member, at, url="/", source=acts.SOURCE))
    return drafts
