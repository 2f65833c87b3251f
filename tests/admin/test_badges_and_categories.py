import json

import lxml.html
import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from community.badges import tasks
from community.badges.models import Award, Badge
from community.core.components import icon_names
from community.events.catalogue import REACTION_GIVEN
from community.forum.models import Category
from tests.factories.badges import BadgeFactory, happen
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
ADD_BADGE, ADD_CATEGORY = "admin:badges_badge_add", "admin:forum_category_add"
BADGE = {
    "slug": "fond",
    "name": "Fond",
    "sentence": "You liked a post.",
    "icon": "heart",
    "level": "bronze",
    "series": "firsts",
    "rule": json.dumps({"event": "reaction.given"}),
    "source": "ours",
    "position": 1,
    "is_active": "on",
}
CATEGORY = {
    "name": "Roasters",
    "slug": "roasters",
    "kind": "forum",
    "icon": "coffee",
    "position": 1,
    "see_by": "everyone",
    "reply_by": "members",
    "create_by": "members",
}


@pytest.fixture
def queued(monkeypatch):
    """Ids of the badges queued to be awarded."""
    ids: list[int] = []
    monkeypatch.setattr(tasks.award_badge, "delay_on_commit", ids.append)
    return ids


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_a_new_badge_is_awarded_to_those_who_earned_it_before(as_manager, queued):
    early, late = MemberFactory.create_batch(2)
    for member in (early, late):
        happen(REACTION_GIVEN, member, type="like", topic_id=1)

    response = as_manager.post(reverse(ADD_BADGE), BADGE, follow=True)
    (badge_id,) = queued
    tasks.award_badge(badge_id)

    assert "It has already been earned 2 times and will be awarded shortly." in messages_of(response)
    assert set(Award.objects.filter(badge__slug="fond").values_list("member", flat=True)) == {
        early.pk,
        late.pk,
    }


@pytest.mark.parametrize(
    ("changes", "is_awarded"),
    [
        ({"rule": json.dumps({"event": "reaction.given"})}, True),
        ({"rule": json.dumps({"by": "hand"})}, False),
        ({"is_active": ""}, False),
        ({}, False),
    ],
)
def test_a_changed_rule_is_awarded_at_once(as_manager, queued, changes, is_awarded):
    rule = {"event": "reaction.given", "at_least": 3}
    badge = BadgeFactory(slug="fond", rule=rule, icon="heart", sentence=BADGE["sentence"], position=1)
    happen(REACTION_GIVEN, MemberFactory(), type="like", topic_id=1)

    as_manager.post(
        reverse("admin:badges_badge_change", args=[badge.pk]), {**BADGE, "rule": json.dumps(rule), **changes}
    )

    assert queued == ([badge.pk] if is_awarded else [])


def test_a_new_badge_that_nobody_has_earned_shows_no_message(as_manager, queued):
    response = as_manager.post(reverse(ADD_BADGE), BADGE, follow=True)

    assert Badge.objects.filter(slug="fond").exists()
    assert queued == []
    assert not any("earned" in message for message in messages_of(response))


@pytest.mark.parametrize("icon", ["rocket-ship", "heart'", "<b>", "Heart", ""])
@pytest.mark.parametrize(("add", "data"), [(ADD_BADGE, BADGE), (ADD_CATEGORY, CATEGORY)])
def test_unknown_icons_are_rejected(as_manager, add, data, icon):
    response = as_manager.post(reverse(add), {**data, "icon": icon})

    assert response.status_code == 200
    assert "icon" in response.context["adminform"].form.errors
    assert not Badge.objects.filter(slug="fond").exists()


@pytest.mark.parametrize("model", ["badges_badge", "forum_category"])
def test_icons_are_chosen_from_pictures_with_names_the_chosen_one_first(as_manager, model):
    chosen = BadgeFactory(icon="heart") if model == "badges_badge" else CategoryFactory(icon="heart")

    page = lxml.html.fromstring(as_manager.get(reverse(f"admin:{model}_change", args=[chosen.pk])).content)

    labels = page.cssselect(".admin-icons label")
    values = [label.find("input").get("value") for label in labels]
    assert sorted(values) == icon_names()
    assert (values[0], labels[0].find("input").get("checked")) == ("heart", "checked")
    assert [label.text_content().strip() for label in labels] == [name.replace("-", " ") for name in values]
    assert all(label.cssselect(f".icon.i-{name}") for label, name in zip(labels, values, strict=True))


@pytest.mark.parametrize("act", ["see", "reply", "create"])
def test_chosen_groups_need_a_group(as_manager, act):
    chosen = {**CATEGORY, f"{act}_by": "groups"}
    group = Group.objects.create(name="Roasters")

    refused = as_manager.post(reverse(ADD_CATEGORY), chosen)
    saved = as_manager.post(reverse(ADD_CATEGORY), {**chosen, f"{act}_groups": [group.pk]})

    assert refused.context["adminform"].form.errors == {f"{act}_groups": ["Choose at least one group."]}
    assert saved.status_code == 302
    assert Category.objects.filter(slug="roasters").exists()


def test_every_icon_of_a_category_or_badge_exists():
    CategoryFactory()

    saved = {*Category.objects.values_list("icon", flat=True), *Badge.objects.values_list("icon", flat=True)}
    assert saved <= set(icon_names())
