"""The admin's dashboard tiles, and its navigation for each role."""

from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone

from community.core.audit import audit
from community.moderation import dashboard
from community.moderation.models import ReviewItem
from tests.factories.members import MemberFactory
from tests.factories.moderation import FlagFactory, ReviewItemFactory, SanctionFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def asked_by(member):
    request = RequestFactory().get("/admin/")
    request.user = member
    return request


def tiles(member):
    return {tile.title: tile for tile in dashboard.moderation_tiles(asked_by(member))}


def test_tiles_of_an_empty_queue_are_zero(moderator):
    found = tiles(moderator)

    assert {tile.figure for tile in found.values()} == {0}
    assert found["Waiting for review"].note == "All done"
    assert not any(tile.urgent for tile in found.values())


@pytest.mark.parametrize(("hours", "urgent"), [(1, False), (23, False), (25, True), (300, True)])
def test_tiles_are_urgent_after_a_day(moderator, hours, urgent):
    ReviewItemFactory(created_at=timezone.now() - hours * HOUR)
    ReviewItemFactory()

    assert tiles(moderator)["Waiting for review"].urgent is urgent


def test_tiles_are_sorted_urgent_first_and_empty_last():
    ReviewItemFactory(created_at=timezone.now() - 25 * HOUR)

    found = dashboard.tiles(asked_by(MemberFactory(role="manager")))

    order = [(tile.urgent, tile.figure > 0) for tile in found]
    assert order == sorted(order, reverse=True)
    assert found[0].title == "Waiting for review"
    assert found[-1].figure == 0


def test_tiles_show_the_age_of_the_oldest(moderator):
    ReviewItemFactory(created_at=timezone.now() - 3 * HOUR)
    ReviewItemFactory(created_at=timezone.now() - HOUR)

    assert tiles(moderator)["Waiting for review"].note == "Oldest: 3 hours ago"


@pytest.mark.parametrize(
    ("kind", "title"), [("flagged", "Flagged posts"), ("held", "Held posts"), ("appeal", "Appeals")]
)
def test_tiles_count_each_kind(moderator, kind, title):
    sanction = SanctionFactory(lifted_at=timezone.now()) if kind == "appeal" else None
    ReviewItemFactory(kind=kind, sanction=sanction)

    counted = {name: tile.figure for name, tile in tiles(moderator).items() if tile.figure}

    assert counted == {"Waiting for review": 1, title: 1}


def test_tiles_link_to_what_they_count(client, moderator):
    ReviewItemFactory(kind="held")
    ReviewItemFactory()
    client.force_login(moderator)

    for title, count in (
        ("Held posts", 1),
        ("Flagged posts", 1),
        ("Waiting for review", 2),
        ("Assigned to you", 0),
    ):
        response = client.get(tiles(moderator)[title].address)

        assert response.status_code == 200
        assert response.context["cl"].result_count == count, title


def test_tiles_count_own_items_only(moderator):
    ReviewItemFactory(claimed_by=moderator)
    ReviewItemFactory(claimed_by=MemberFactory(role="moderator"))

    assert tiles(moderator)["Assigned to you"].figure == 1


def test_tiles_count_what_is_still_open(moderator):
    ReviewItemFactory(closed_at=timezone.now(), outcome=ReviewItem.Outcome.KEPT)

    assert tiles(moderator)["Waiting for review"].figure == 0


def test_tiles_count_open_flags_in_all(moderator):
    FlagFactory.create_batch(2)
    FlagFactory(status="declined")

    assert tiles(moderator)["Flagged posts"].note == "2 open flags"


@pytest.mark.parametrize(
    ("fields", "counted"),
    [
        ({}, 1),
        ({"ends_at": timezone.now() + HOUR}, 1),
        ({"starts_at": timezone.now() - 2 * HOUR, "ends_at": timezone.now() - HOUR}, 0),
        ({"lifted_at": timezone.now()}, 0),
        ({"starts_at": timezone.now() + HOUR}, 0),
        ({"kind": "warning"}, 0),
    ],
)
def test_tiles_count_active_sanctions(moderator, fields, counted):
    SanctionFactory(**fields)

    assert tiles(moderator)["Silenced or suspended"].figure == counted


@pytest.mark.parametrize("items", [1, 3])
def test_tiles_cost_the_same_for_one_and_three(moderator, items, django_assert_num_queries):
    ReviewItemFactory.create_batch(items)

    with django_assert_num_queries(3):
        dashboard.moderation_tiles(asked_by(moderator))


@pytest.mark.parametrize("role", ["", "moderator", "sales", "support", "product"])
def test_system_tiles_are_for_managers(role):
    assert dashboard.system_tiles(asked_by(MemberFactory(role=role))) == []


def test_system_tiles_without_dead_letters():
    (tile,) = dashboard.system_tiles(asked_by(MemberFactory(role="manager")))

    assert (tile.figure, tile.note, tile.urgent) == (0, "All events were processed", False)


@pytest.mark.parametrize(("waiting", "badge"), [(0, ""), (2, "2")])
def test_queue_badge_is_a_number_or_empty(moderator, waiting, badge):
    ReviewItemFactory.create_batch(waiting)

    assert dashboard.queue_badge(asked_by(moderator)) == badge


def test_dashboard_shows_six_items_and_ten_entries(moderator):
    ReviewItemFactory.create_batch(7)
    for number in range(11):
        audit(f"test.{number}", actor=moderator, subject=moderator)

    context = dashboard.fill(asked_by(moderator), {"title": "Overview"})

    assert (len(context["next_items"]), len(context["recent_acts"])) == (6, 10)
    assert context["title"] == "Overview"
    assert context["recent_acts"][0].act == "test.10"


def groups(member):
    return {
        group["title"]: [item["title"] for item in group["items"]]
        for group in dashboard.sidebar(asked_by(member))
    }


def test_navigation_of_a_manager_has_everything():
    found = groups(MemberFactory(role="manager"))

    assert found["People"] == ["Members", "Companies", "Invitations"]
    assert found["System"][0] == "Dead letters"
    assert {"Imports", "API tokens", "Unmatched events"} <= set(found["System"])
    assert all(found.values())


def test_navigation_of_a_moderator_is_limited(moderator):
    found = groups(moderator)

    assert {"Review queue", "Flags", "Sanctions"} <= set(found["Today"])
    assert not {"Dead letters", "Followers", "API tokens"} & set(found["System"])


def test_navigation_links_only_allowed_pages(client, moderator):
    client.force_login(moderator)
    links = [item["link"] for group in dashboard.sidebar(asked_by(moderator)) for item in group["items"]]

    answers = {link: client.get(link, follow=True).status_code for link in links if link}

    assert {link: code for link, code in answers.items() if code != 200} == {}


def test_navigation_highlights_the_page_that_is_open():
    manager = MemberFactory(role="manager")

    def highlighted(path):
        request = asked_by(manager)
        request.path = path
        items = [item for group in dashboard.sidebar(request) for item in group["items"]]
        return [item["link"] for item in items if item["active"]]

    links = [item["link"] for group in dashboard.sidebar(asked_by(manager)) for item in group["items"]]
    assert {link: highlighted(link) for link in links} == {link: [link] for link in links}
    assert highlighted("/admin/moderation/flag/7/change/") == ["/admin/moderation/flag/"]
    assert highlighted("/admin/advocacy/score/") == []
    assert links[0] == "/"


@pytest.mark.parametrize("role", ["", "sales", "support", "product"])
def test_navigation_is_empty_for_others(role):
    found = dashboard.sidebar(asked_by(MemberFactory(role=role)))

    assert [item["link"] for group in found for item in group["items"] if item["link"]] == []


def test_navigation_shows_the_queue_badge(moderator):
    ReviewItemFactory()

    (queue,) = [
        item for item in dashboard.sidebar(asked_by(moderator))[0]["items"] if item["title"] == "Review queue"
    ]

    assert (queue["badge"], queue["badge_variant"]) == ("1", "primary")
