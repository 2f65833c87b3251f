from __future__ import annotations

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.db.utils import DatabaseError

from journeys.engine.default_rules import DEFAULT_RULES
from journeys.models import Ruleset, StageHistory
from journeys.services import rulesets
from tests.factories.members import MemberFactory

from .journey_fixtures import drain_all, drained, happened, positions, replied

pytestmark = pytest.mark.django_db


def draft(version=2, **changes) -> Ruleset:
    return Ruleset.objects.create(version=version, rules=DEFAULT_RULES | changes)


def test_default_rules_are_version_one_and_valid():
    live = rulesets.live_ruleset()

    assert (live.version, live.status) == (1, "live")
    assert rulesets.live_ruleset() == live
    assert rulesets.parsed(live).E2.points == 20


def test_publishing_retires_the_old_rules_and_folds_everybody_again(manager):
    member = MemberFactory()
    happened(member, "call.logged", 5)
    drained()
    assert positions(member) == ["discovery.anonymous"]

    rulesets.publish_ruleset(draft(E2={"points": 5, "days": 30}), actor=manager)
    drain_all()

    assert rulesets.live_ruleset().version == 2
    assert Ruleset.objects.get(version=1).status == "retired"
    assert positions(member) == ["engagement.exploring"]
    assert StageHistory.objects.current().get().ruleset == 2


def test_publishing_rules_without_effect_on_a_member_keeps_their_history(manager):
    member = MemberFactory()
    replied(member, 5)
    drained()

    rulesets.publish_ruleset(draft(E2={"points": 5, "days": 30}), actor=manager)

    assert drain_all() == 0
    assert StageHistory.objects.get().ruleset == 1


def test_publishing_twice_changes_nothing(manager):
    rules = rulesets.publish_ruleset(draft(), actor=manager)
    published_at = rules.published_at

    assert rulesets.publish_ruleset(rules, actor=manager).published_at == published_at


def test_publishing_retired_rules_is_refused(manager):
    first = rulesets.live_ruleset()
    rulesets.publish_ruleset(draft(), actor=manager)

    with pytest.raises(ValueError, match="copy them into a new draft"):
        rulesets.publish_ruleset(first, actor=manager)


def test_publishing_invalid_rules_is_refused(manager):
    rulesets.live_ruleset()

    with pytest.raises(ValueError, match="Only purchases and subscriptions"):
        rulesets.publish_ruleset(draft(C1={"kinds": ["visit.day"]}), actor=manager)

    assert rulesets.live_ruleset().version == 1


def test_publishing_rules_with_an_unknown_event_is_refused(manager):
    with pytest.raises(ValueError, match=r"passive: there is no event called “visit\.days”"):
        rulesets.publish_ruleset(draft(passive=["visit.days"]), actor=manager)


def test_live_rules_cannot_be_changed_or_deleted():
    live = rulesets.live_ruleset()

    with pytest.raises(DatabaseError, match="stay as they are"), transaction.atomic():
        Ruleset.objects.filter(pk=live.pk).update(rules={})
    with pytest.raises((InternalError, DatabaseError), match="stay as they are"), transaction.atomic():
        live.delete()


def test_a_draft_can_be_changed_and_deleted():
    rules = draft()

    Ruleset.objects.filter(pk=rules.pk).update(rules={})
    rules.delete()

    assert not Ruleset.objects.exists()


def test_there_is_one_live_ruleset():
    rulesets.live_ruleset()

    with pytest.raises(IntegrityError, match="one_live_ruleset"), transaction.atomic():
        Ruleset.objects.create(version=3, rules={}, status=Ruleset.Status.LIVE)
