import pytest

from journeys.charts import BARS, WIDTH, life_line, sankey
from journeys.reports import movement, overview, timeline
from journeys.services.shards import today
from tests.factories.members import MemberFactory

from .journey_fixtures import bought, drained, happened, replied

pytestmark = pytest.mark.django_db


def cells(found):
    return {
        (row.key, stage): n for row in found.rows for stage, n in zip(STAGES, row.cells, strict=True) if n
    }


STAGES = ["discovery", "engagement", "conversion", "relationship"]


def test_movement_shows_stages_then_and_now():
    stays, advances, arrives = MemberFactory.create_batch(3)
    replied(stays, 50)
    replied(advances, 50)
    bought(advances, 10)
    replied(arrives, 5)
    drained()

    found = movement.movement(30)

    assert cells(found) == {
        ("engagement", "engagement"): 1,
        ("engagement", "conversion"): 1,
        ("", "engagement"): 1,
    }
    assert (found.members, found.moved) == (3, 2)


def test_movement_counts_every_member_once():
    for ago in (3, 40, 100, 300):
        member = MemberFactory()
        replied(member, ago)
        bought(member, ago // 2)
    drained()

    found = movement.movement(30)

    assert sum(found.totals) == sum(row.total for row in found.rows) == found.members == 4
    assert found.totals == [count.members for count in overview.stage_counts()]


def test_movement_back_and_forth_counts_as_staying():
    member = MemberFactory()
    bought(member, 100)
    happened(member, "purchase.refunded", 20, cents=4900, external_id="order-1", full=True)
    bought(member, 19, ref="order-2")
    happened(member, "onboarding.completed", 10)
    drained()

    assert movement.movement(30).moved == 0


def test_movement_without_members_is_empty():
    found = movement.movement()

    assert (found.members, found.totals) == (0, [0, 0, 0, 0])
    assert sankey(found) == {"nodes": [], "links": []}


def test_movement_takes_two_queries(django_assert_num_queries):
    replied(MemberFactory(), 3)
    drained()

    with django_assert_num_queries(2):
        movement.movement()


def test_sankey_links_add_up_to_the_nodes():
    for ago in (3, 40, 100):
        member = MemberFactory()
        replied(member, ago)
        bought(member, ago // 2)
    drained()

    drawn = sankey(movement.movement())

    for node in drawn["nodes"]:
        end = "source" if node["name"].startswith("then") else "target"
        assert sum(link["value"] for link in drawn["links"] if link[end] == node["name"]) == node["total"]


def test_sankey_distinguishes_forward_back_and_stayed():
    member, other, third = MemberFactory.create_batch(3)
    bought(member, 60)
    happened(member, "purchase.refunded", 5, cents=4900, external_id="order-1", full=True)
    replied(other, 50)
    replied(third, 50)
    bought(third, 3)
    drained()

    kinds = {(link["source"], link["target"]): link["kind"] for link in sankey(movement.movement())["links"]}

    assert kinds == {
        ("then relationship", "now engagement"): "back",
        ("then engagement", "now engagement"): "stayed",
        ("then engagement", "now conversion"): "forward",
    }


# Life lines


def line_of(member):
    return life_line(timeline.timeline(member).bands, member.pk, today())


def test_life_line_goes_from_the_first_day_to_today():
    member = MemberFactory()
    replied(member, 100)
    bought(member, 50)
    drained()

    line = line_of(member)

    assert [strip.stage for strip in line.strips] == ["engagement", "conversion", "relationship"]
    assert (line.strips[0].start, line.strips[0].width) == (0, 500)
    assert line.strips[-1].start + line.strips[-1].width == pytest.approx(WIDTH)


def test_life_line_of_a_member_first_seen_today_is_visible():
    member = MemberFactory()
    replied(member, 0)
    drained()

    (strip,) = line_of(member).strips

    assert (strip.start, strip.width) == (0, WIDTH)


def test_life_line_shows_activity_over_time():
    member = MemberFactory()
    replied(member, 119)
    for _ in range(20):
        replied(member, 0)
    drained()

    bars = line_of(member).bars

    assert [bar.start for bar in bars] == [0, pytest.approx(WIDTH - WIDTH / BARS, abs=0.1)]
    assert bars[0].height < bars[1].height == 100
    assert all(bar.top + bar.height == pytest.approx(100) for bar in bars)


def test_life_line_without_history_is_none():
    assert line_of(MemberFactory()) is None
