import pytest

from advocacy.admin_panels import score_panel
from tests.factories.members import MemberFactory

from .event_helpers import drained, happened

pytestmark = pytest.mark.django_db


def test_score_panel_shows_score_and_history(rf):
    member = MemberFactory()
    happened(member, "review.verified")
    drained()

    panel = score_panel(member, rf.get("/"))

    assert panel.context["score"].member == member
    assert [row.member for row in panel.context["history"]] == [member]


def test_score_panel_is_none_for_staff(rf):
    assert score_panel(MemberFactory(role="sales"), rf.get("/")) is None


def test_member_page_of_the_admin_shows_stage_and_score(client):
    member = MemberFactory()
    happened(member, "review.verified")
    drained()
    client.force_login(MemberFactory(role="manager"))

    page = client.get(f"/admin/members/member/{member.pk}/change/").content.decode()

    assert "<h2>Journey</h2>" in page
    assert "<h2>Advocacy</h2>" in page
    assert f"/journeys/members/{member.username}/" in page
