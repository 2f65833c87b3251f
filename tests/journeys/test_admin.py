from __future__ import annotations

import json

import pytest
from django.urls import reverse

from community.events.models import CustomKind
from journeys.engine.default_rules import DEFAULT_RULES
from journeys.models import Override, Ruleset
from journeys.services import overrides, rulesets
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drained, replied

pytestmark = pytest.mark.django_db


def draft(version=2, **changes) -> Ruleset:
    return Ruleset.objects.create(version=version, rules=DEFAULT_RULES | changes)


def test_manager_creates_a_draft_from_the_live_rules(as_manager):
    page = as_manager.get(reverse("admin:journeys_ruleset_add"))
    rules = DEFAULT_RULES | {"E2": {"points": 15, "days": 30}}

    answer = as_manager.post(
        reverse("admin:journeys_ruleset_add"), {"rules": json.dumps(rules), "note": "Sooner."}
    )

    assert page.status_code == 200
    assert answer.status_code == 302
    made = Ruleset.objects.get(version=2)
    assert (made.status, made.rules["E2"], made.note) == ("draft", {"points": 15, "days": 30}, "Sooner.")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"C1": {"kinds": ["visit.day"]}}, "Only purchases and subscriptions can lead to conversion"),
        ({"E2": {"points": 0, "days": 30}}, "E2.points must be more than 0."),
        ({"E2": {"points": 10**300, "days": 30}}, "E2.points must be at most 1000000."),
        ({"E2": {"points": 20, "days": 10**11}}, "E2.days must be at most 36500."),
        ({"R2": {"active_days": True}}, "R2.active_days must be a whole number."),
        ({"points": {"visit.day": -5}}, "points.visit.day must be at least 0."),
        ({"day_caps": {"visit.day": -1}}, "day_caps.visit.day must be at least 0."),
        ({"R1": {"kinds": ["a\0"]}}, "R1.kinds.0 is not valid."),
        (
            {"day_caps": {"search.perfomed": 1}},
            "day_caps: there is no event called “search.perfomed”. Did you mean “search.performed”?",
        ),
        (
            {"R1": {"kinds": ["zebra.zigzagged"]}},
            "R1.kinds: there is no event called “zebra.zigzagged”.</li>",
        ),
        ({"R3": {}}, "R3.days is missing."),
        ({"E9": {}}, "E9 is not a known setting; check the spelling."),
        ({"points": []}, "points must be an object, in braces."),
    ],
)
def test_invalid_rules_are_refused_with_the_reason(as_manager, changes, sentence):
    rules = DEFAULT_RULES | changes

    answer = as_manager.post(reverse("admin:journeys_ruleset_add"), {"rules": json.dumps(rules)})

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not Ruleset.objects.filter(version=2).exists()


def test_rules_may_name_custom_events(as_manager):
    CustomKind.objects.create(name="workshop.attended", says="attended a workshop")
    rules = DEFAULT_RULES | {"points": DEFAULT_RULES["points"] | {"workshop.attended": 5}}

    as_manager.post(reverse("admin:journeys_ruleset_add"), {"rules": json.dumps(rules)})

    assert Ruleset.objects.get(version=2).rules["points"]["workshop.attended"] == 5


def test_rules_that_are_not_an_object_are_refused(as_manager):
    answer = as_manager.post(reverse("admin:journeys_ruleset_add"), {"rules": "[1]"})

    assert "The rules must be a JSON object, in braces." in answer.content.decode()


def test_manager_publishes_a_draft(as_manager, manager):
    rulesets.live_ruleset()
    rules = draft()

    as_manager.post(reverse("admin:journeys_ruleset_publish", args=[rules.pk]))

    assert rulesets.live_ruleset() == rules
    assert rulesets.live_ruleset().published_by == manager


def test_get_does_not_publish(as_manager):
    live, rules = rulesets.live_ruleset(), draft()

    answer = as_manager.get(reverse("admin:journeys_ruleset_publish", args=[rules.pk]))

    assert "Publish version 2?" in answer.content.decode()
    assert rulesets.live_ruleset() == live


def test_retired_rules_cannot_be_published(as_manager, manager):
    first = rulesets.live_ruleset()
    rulesets.publish_ruleset(draft(), actor=manager)

    answer = as_manager.post(reverse("admin:journeys_ruleset_publish", args=[first.pk]), follow=True)

    assert "copy them into a new draft" in answer.content.decode()
    assert rulesets.live_ruleset().version == 2


def test_live_rules_are_read_only(as_manager):
    live = rulesets.live_ruleset()
    changed = {"rules": json.dumps(DEFAULT_RULES | {"E2": {"points": 1, "days": 1}}), "note": "Hm."}

    as_manager.post(reverse("admin:journeys_ruleset_change", args=[live.pk]), changed)

    live.refresh_from_db()
    assert (live.rules["E2"]["points"], live.note) == (20, "Hm.")


def test_moderators_do_not_see_the_rules(as_moderator):
    assert as_moderator.get(reverse("admin:journeys_ruleset_changelist")).status_code == 403


def test_manager_sets_a_stage_by_hand(as_manager, manager):
    member = MemberFactory()
    asked = {
        "member": member.pk,
        "stage": "conversion",
        "mode": "pin",
        "reason": "Paid by cheque.",
        "days": 10,
    }

    as_manager.post(reverse("admin:journeys_override_add"), asked)

    made = Override.objects.get()
    assert (made.member, made.stage, made.set_by) == (member, "conversion", manager)
    assert (made.expires_on - made.starts_on).days == 10


@pytest.mark.parametrize(("field", "value"), [("reason", ""), ("days", 181), ("stage", "heaven")])
def test_an_invalid_override_is_refused(as_manager, field, value):
    asked = {
        "member": MemberFactory().pk,
        "stage": "conversion",
        "mode": "pin",
        "reason": "Paid.",
        "days": 10,
    }

    answer = as_manager.post(reverse("admin:journeys_override_add"), asked | {field: value})

    assert answer.status_code == 200
    assert not Override.objects.exists()


def test_an_override_of_staff_is_refused(as_manager, manager):
    asked = {"member": manager.pk, "stage": "conversion", "mode": "pin", "reason": "Paid.", "days": 10}

    answer = as_manager.post(reverse("admin:journeys_override_add"), asked)

    assert "Team members have no stage." in answer.content.decode()
    assert not Override.objects.exists()


def test_manager_clears_overrides(as_manager, manager):
    override = overrides.set_override(
        MemberFactory(), stage="conversion", mode="pin", reason="Paid.", actor=manager
    )
    asked = {"action": "clear_selected", "_selected_action": [override.pk]}

    as_manager.post(reverse("admin:journeys_override_changelist"), asked)

    override.refresh_from_db()
    assert override.cleared_by == manager


def test_moderators_read_the_history_and_change_nothing(as_moderator):
    member = MemberFactory()
    replied(member, 3)
    drained()
    row = member.stage_history.get()

    page = as_moderator.get(reverse("admin:journeys_stagehistory_changelist"))

    assert page.status_code == 200
    assert row.sentence in page.content.decode()
    change = reverse("admin:journeys_stagehistory_change", args=[row.pk])
    assert as_moderator.post(change, {"sentence": "Made up."}).status_code == 403
    assert as_moderator.get(reverse("admin:journeys_stagehistory_add")).status_code == 403


def test_history_takes_the_same_queries_for_one_row_and_three(as_moderator, django_assert_max_num_queries):
    for _ in range(3):
        replied(MemberFactory(), 3)
    drained()
    as_moderator.get(reverse("admin:journeys_stagehistory_changelist"))

    with django_assert_max_num_queries(16):
        as_moderator.get(reverse("admin:journeys_stagehistory_changelist"))


def test_member_page_shows_the_journey(as_manager, manager):
    member = MemberFactory()
    bought(member, 3)
    drained()
    overrides.set_override(member, stage="relationship", mode="pin", reason="Knows us.", actor=manager)

    page = as_manager.get(reverse("admin:members_member_change", args=[member.pk])).content.decode()

    assert "Bought for the first time" in page
    assert "Knows us." in page


def test_member_page_without_a_journey_says_so(as_manager):
    page = as_manager.get(reverse("admin:members_member_change", args=[MemberFactory().pk])).content.decode()

    assert "This member has no stage yet." in page


def test_member_page_of_staff_shows_no_journey(as_manager, manager):
    page = as_manager.get(reverse("admin:members_member_change", args=[manager.pk])).content.decode()

    assert "on this journey" not in page
