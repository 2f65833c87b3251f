"""The live ruleset, and publishing a new one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from community.core.audit import audit
from community.core.prepared import Prepared
from community.core.validation import sentences
from community.events.catalogue import EVENT_TYPES
from community.events.services import custom_kinds
from community.members.models import Member
from journeys.engine import ruleset as engine
from journeys.engine.default_rules import DEFAULT_RULES
from journeys.models import Ruleset

from .dirty import mark_everyone

_LIVE = Prepared[Ruleset](lambda: Ruleset.objects.filter(status=Ruleset.Status.LIVE))


def live_ruleset() -> Ruleset:
    """Return the live ruleset; creates version 1 from the default rules if there is none."""
    live = _LIVE.first()
    if live is not None:
        return live
    first = {"rules": DEFAULT_RULES, "status": Ruleset.Status.LIVE, "published_at": timezone.now()}
    return Ruleset.objects.get_or_create(version=1, defaults=first)[0]


class Live(NamedTuple):
    """Which ruleset is live. What is published stays as it is, so a process parses it once."""

    pk: int
    version: int
    published_at: datetime | None

    @property
    def rules(self) -> engine.Ruleset:
        return _rules(self)


@lru_cache(maxsize=2)
def _rules(live: Live) -> engine.Ruleset:
    return parsed(Ruleset.objects.get(pk=live.pk))


def next_version() -> int:
    """Return the version number of the next draft."""
    live_ruleset()
    return int(Ruleset.objects.aggregate(most=Max("version"))["most"]) + 1


def parsed(ruleset: Ruleset) -> engine.Ruleset:
    return engine.parse_ruleset(ruleset.rules)


def problems_of(rules: dict[str, Any]) -> list[str]:
    """Return a sentence for each problem of new rules; events must be in the catalogue, custom or in the live rules."""
    try:
        kinds = engine.parse_ruleset(rules).kinds
    except ValidationError as error:
        return sentences(error)
    live = parsed(live_ruleset()).kinds
    known = {*EVENT_TYPES, *custom_kinds.all_types(), *set().union(*live.values())}
    return [
        _unknown(where, name, known) for where, names in kinds.items() for name in sorted({*names} - known)
    ]


def _unknown(where: str, name: str, known: Iterable[str]) -> str:
    sentence = _("%(where)s: there is no event called “%(name)s”.") % {"where": where, "name": name}
    near = get_close_matches(name, known, n=1)
    return sentence + (" " + _("Did you mean “%(name)s”?") % {"name": near[0]} if near else "")


@transaction.atomic
def publish_ruleset(ruleset: Ruleset, *, actor: Member) -> Ruleset:
    """Make a draft the live ruleset and mark every member to be folded again; idempotent.

    Raises ValueError with the reason when the rules are invalid or have been retired.
    """
    ruleset = Ruleset.objects.select_for_update().get(pk=ruleset.pk)
    if ruleset.status == Ruleset.Status.LIVE:
        return ruleset
    if ruleset.status == Ruleset.Status.RETIRED:
        raise ValueError(
            "These rules have been published before. To use them again, copy them into a new draft."
        )
    if problems := problems_of(ruleset.rules):
        raise ValueError(" ".join(problems))
    before = live_ruleset()
    before.status = Ruleset.Status.RETIRED
    before.save(update_fields=["status"])
    ruleset.status, ruleset.published_by, ruleset.published_at = Ruleset.Status.LIVE, actor, timezone.now()
    ruleset.save(update_fields=["status", "published_by", "published_at"])
    audit(
        "ruleset.published",
        actor=actor,
        subject=ruleset,
        before={"version": before.version},
        after={"version": ruleset.version},
    )
    mark_everyone()
    return ruleset
