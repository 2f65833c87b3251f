import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from community.events import registry
from community.events.models import DeadLetter, Event
from community.events.services.recording import record
from community.forum.models import Category
from community.moderation.models import AuditEntry, BlockedWord, Policy
from tests.factories.forum import CategoryFactory, PostFactory, TagFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import ReviewItemFactory, SanctionFactory

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")
LETTERS = reverse("admin:events_deadletter_changelist")


def figures(response):
    return {tile.title: tile.figure for tile in response.context["tiles"]}


@pytest.mark.parametrize("name", ["index", "forum_category_changelist", "forum_category_add"])
def test_every_page_has_one_main_part(as_manager, name):
    html = as_manager.get(reverse(f"admin:{name}")).text

    assert html.count('role="main"') + html.count("<main") == 1


def test_the_dashboard_shows_what_needs_attention(as_manager, manager):
    ReviewItemFactory(claimed_by=manager)
    ReviewItemFactory(kind="held")
    SanctionFactory()

    found = figures(as_manager.get(INDEX))

    assert found["Waiting for review"] == 2
    assert (found["Flagged posts"], found["Held posts"], found["Appeals"], found["Assigned to you"]) == (
        1,
        1,
        0,
        1,
    )
    assert (found["Silenced or suspended"], found["Dead letters"]) == (1, 0)


def test_the_dashboard_is_urgent_after_a_day(as_manager):
    ReviewItemFactory(created_at=timezone.now() - timedelta(hours=25))

    tile = as_manager.get(INDEX).context["tiles"][0]

    assert (tile.title, tile.urgent, tile.note) == (
        "Waiting for review",
        True,
        "Oldest: yesterday",
    )


def test_the_dashboard_lists_next_items_and_recent_actions(as_manager):
    item = ReviewItemFactory(post=PostFactory(topic__title="Pump is loud"))

    html = as_manager.get(INDEX).content.decode()

    assert "Pump is loud" in html
    assert reverse("admin:moderation_reviewitem_change", args=[item.pk]) in html


def test_the_dashboard_with_an_empty_queue_says_so(as_manager):
    assert "The queue is empty." in as_manager.get(INDEX).content.decode()


def test_the_dashboard_hides_dead_letters_from_moderators(as_moderator):
    assert "Dead letters" not in figures(as_moderator.get(INDEX))


def links(response):
    return {item["title"] for group in response.context["sidebar_navigation"] for item in group["items"]}


def test_the_navigation_is_grouped(as_manager):
    response = as_manager.get(INDEX)

    groups = [group["title"] for group in response.context["sidebar_navigation"]]
    assert groups == ["Today", "People", "Content", "Recognition", "Journeys", "Moderation", "System"]
    assert {
        "Review queue",
        "Members",
        "Categories",
        "Badges",
        "Guidelines",
        "Audit log",
        "Dead letters",
    } <= links(response)


def test_the_navigation_has_allowed_pages_only(as_moderator):
    found = links(as_moderator.get(INDEX))

    assert "Review queue" in found
    assert "Dead letters" not in found


def letter(**fields):
    subject = PostFactory()
    event = record(
        "post.approved", actor=None, member=subject.author, subject=subject, topic_id=subject.topic_id
    )
    return DeadLetter.objects.create(
        **{
            "follower": "test",
            "event_id": event.event_id,
            "occurred_at": event.occurred_at,
            "name": event.name,
            "error": "ValueError: no",
            **fields,
        }
    )


@pytest.fixture
def handled(monkeypatch):
    """Register a follower for all events; returns the events it got."""
    given = []
    monkeypatch.setitem(registry._registry, "test", registry.Follower("test", None, given.extend, 500))
    return given


def test_dead_letters_can_be_retried(as_manager, manager, handled):
    dead = letter()

    as_manager.post(LETTERS, {"action": "retry_selected", "_selected_action": [dead.pk], "index": 0})

    dead.refresh_from_db()
    assert dead.resolved_at is not None
    assert [event.event_id for event in handled] == [dead.event_id]
    assert AuditEntry.objects.get(act="dead_letter.retry").actor == manager


def test_dead_letters_that_fail_again_stay(as_manager, monkeypatch):
    def fail(events):
        raise ValueError("still no")

    monkeypatch.setitem(registry._registry, "test", registry.Follower("test", None, fail, 500))
    dead = letter()

    response = as_manager.post(
        LETTERS, {"action": "retry_selected", "_selected_action": [dead.pk], "index": 0}, follow=True
    )

    dead.refresh_from_db()
    assert (dead.resolved_at, dead.error) == (None, "ValueError: still no")
    assert "0 of 1 events were processed." in response.content.decode()


def test_resolved_dead_letters_are_not_listed(as_manager):
    dead = letter()
    letter(follower="other", resolved_at=timezone.now())

    assert list(as_manager.get(LETTERS).context["cl"].result_list) == [dead]


def test_followers_and_events_are_listed(as_manager, handled):
    letter()

    assert as_manager.get(reverse("admin:events_cursor_changelist")).status_code == 200
    response = as_manager.get(reverse("admin:events_event_changelist"))
    assert [event.name for event in response.context["cl"].result_list] == [Event.objects.get().name]


def test_the_policy_is_created_when_first_opened(as_manager):
    as_manager.get(reverse("admin:moderation_policy_changelist"))
    page = reverse("admin:moderation_policy_change", args=[1])
    data = {field.name: getattr(Policy.current(), field.name) for field in Policy._meta.fields}
    # As text, with the old value: the default is a function.
    data["reserved_words"] = data["initial-reserved_words"] = ",".join(data["reserved_words"])

    as_manager.post(page, {**data, "hide_at": "12.5"})

    entry = AuditEntry.objects.get(act="policy.change")
    assert Policy.current().hide_at == 12.5
    assert (entry.before, entry.after) == ({"hide_at": "8.33"}, {"hide_at": "12.5"})


def test_the_policy_cannot_be_changed_by_moderators(as_moderator):
    Policy.objects.create(pk=1)

    assert as_moderator.post(reverse("admin:moderation_policy_change", args=[1]), {}).status_code == 403


def test_adding_and_deleting_blocked_words_is_audited(as_moderator):
    as_moderator.post(reverse("admin:moderation_blockedword_add"), {"phrase": "casino", "action": "hold"})
    word = BlockedWord.objects.get()
    as_moderator.post(reverse("admin:moderation_blockedword_delete", args=[word.pk]), {"post": "yes"})

    acts = AuditEntry.objects.order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["blockedword.add", "blockedword.delete"]
    assert not BlockedWord.objects.exists()


def test_deleting_several_blocked_words_is_audited_separately(as_moderator):
    words = [BlockedWord.objects.create(phrase=phrase) for phrase in ("one", "two")]

    as_moderator.post(
        reverse("admin:moderation_blockedword_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [word.pk for word in words],
            "post": "yes",
            "index": 0,
        },
    )

    assert AuditEntry.objects.filter(act="blockedword.delete").count() == 2


def test_editing_a_category_is_audited(as_manager):
    category = CategoryFactory(name="Gear")
    data = {
        "name": "Machines",
        "slug": category.slug,
        "description": "",
        "kind": "forum",
        "icon": "coffee",
        "position": 0,
        "see_by": "everyone",
        "reply_by": "members",
        "create_by": "members",
        "holds_posts": "on",
    }

    as_manager.post(reverse("admin:forum_category_change", args=[category.pk]), data)

    entry = AuditEntry.objects.get(act="category.change")
    assert Category.objects.get().holds_posts is True
    assert (entry.before["name"], entry.after["name"]) == ("Gear", "Machines")


def test_the_groups_of_a_category_are_checkboxes(as_manager):
    group = Group.objects.create(name="owners-club")
    category = CategoryFactory(groups=[group])

    page = as_manager.get(reverse("admin:forum_category_change", args=[category.pk]))
    field = page.context["adminform"].form["see_groups"]

    assert field.label == "Groups that can see it"
    assert re.findall(r'value="(\d+)"[^>]* checked[ >]', str(field)) == [str(group.pk)]


def test_dates_use_the_sites_format(as_manager):
    category = CategoryFactory()
    TopicFactory(category=category, created_at=datetime(2026, 3, 1, 14, 5, tzinfo=UTC))

    page = as_manager.get(reverse("admin:forum_topic_changelist")).content.decode()

    assert "1 Mar 2026, 14:05" in page


@pytest.mark.parametrize("name", ["topic", "post", "tag", "category"])
def test_content_can_be_searched_by_moderators(as_moderator, name):
    PostFactory(topic__tags=[TagFactory()])

    response = as_moderator.get(reverse(f"admin:forum_{name}_changelist"))

    row = response.context["cl"].result_list[0]
    assert as_moderator.get(reverse(f"admin:forum_{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize(("name", "action"), [("topic", "open_topic"), ("post", "open_post")])
def test_content_links_to_its_page(as_moderator, name, action):
    post = PostFactory()
    row = post if name == "post" else post.topic

    assert (
        as_moderator.get(reverse(f"admin:forum_{name}_{action}", args=[row.pk])).url == row.get_absolute_url()
    )


def test_every_list_of_the_admin_opens(as_manager):
    from django.contrib import admin

    MemberFactory()
    for model in admin.site._registry:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert as_manager.get(page).status_code in (200, 302, 403), page
