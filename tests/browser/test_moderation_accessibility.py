"""axe finds no serious issue on the pages for moderators' decisions and members' appeals."""

import pytest

from tests.browser.test_accessibility import assert_accessible
from tests.factories.members import MemberFactory
from tests.factories.moderation import FlagFactory, ReviewItemFactory, SanctionFactory


@pytest.fixture
def case(transactional_db, django_db_serialized_rollback):
    """A flagged post whose author was warned before."""
    item = ReviewItemFactory(score="3.40", priority=3)
    FlagFactory(post=item.post, text="Look at the link")
    return item, SanctionFactory(member=item.member, message="The second time.")


def test_the_review_queue_is_accessible(page, login, case):
    item, sanction = case
    login(page, MemberFactory(role="manager"))

    for path in (
        "/admin/moderation/reviewitem/",
        f"/admin/moderation/reviewitem/{item.pk}/change/",
        f"/admin/moderation/sanction/add/?member={item.member_id}",
        f"/admin/members/member/{sanction.member_id}/change/",
        "/admin/moderation/auditentry/",
    ):
        assert_accessible(page, path)


@pytest.mark.parametrize("which", ["list", "detail"])
def test_decisions_are_accessible(page, login, case, which):
    _, sanction = case
    login(page, sanction.member)

    assert_accessible(page, "/me/decisions/" if which == "list" else sanction.get_absolute_url())
