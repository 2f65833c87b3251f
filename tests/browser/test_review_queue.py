"""A post is flagged, reviewed and appealed in a browser, with and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from community.moderation.models import Flag, ReviewItem, Sanction
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import MemberFactory


@pytest.fixture
def advertisement(transactional_db, django_db_serialized_rollback):
    topic = TopicFactory(title="Pressure drops after descaling")
    return PostFactory(
        topic=topic, source="Cheap machines, message me!", author=MemberFactory(display_name="Dan")
    )


def test_a_flagged_post_is_hidden_and_its_author_appeals(any_page: Page, login, advertisement):
    page, author = any_page, advertisement.author

    login(page, MemberFactory())
    page.goto(f"/p/{advertisement.pk}/flag/")
    page.get_by_label("Spam").check()
    page.get_by_role("button", name="Flag post").click()
    expect(page.get_by_role("heading", name="Thank you for flagging this post")).to_be_visible()
    assert Flag.objects.get().reason == "spam"

    login(page, MemberFactory(role="moderator"))
    page.goto("/admin/moderation/reviewitem/")
    page.get_by_text("Cheap machines").click()
    expect(page.get_by_text("flagged the post: spam (weight 1)")).to_be_visible()
    page.get_by_label("Hide (the author can still edit it)").check()
    page.get_by_text("Warn, silence or suspend the author").click()
    page.get_by_label("Warning").check()
    page.get_by_label("Reason").fill("It is an advertisement.")
    page.get_by_role("button", name="Save decision").click()
    expect(page.get_by_text("Decision saved for")).to_be_visible()
    advertisement.refresh_from_db()
    assert (advertisement.status, Sanction.objects.get().kind) == ("hidden", "warning")

    login(page, author)
    page.goto("/me/notifications/")
    page.get_by_text("You received a warning.").click()
    page.get_by_label("Your appeal").fill("I only wanted to help.")
    page.get_by_role("button", name="Send appeal").click()
    expect(page.get_by_text("Your appeal is being reviewed")).to_be_visible()
    assert ReviewItem.objects.open().get().text == "I only wanted to help."


def test_many_posts_are_decided_at_once(any_page: Page, login, advertisement):
    other = PostFactory(topic=advertisement.topic, source="Cheap grinders, message me!")
    for post in (advertisement, other):
        ReviewItem.objects.create(kind="flagged", post=post, member=post.author, reason="Spam")
    login(any_page, MemberFactory(role="moderator"))

    any_page.goto("/admin/moderation/reviewitem/")
    for box in any_page.locator("input.action-select").all():
        box.check()
    any_page.locator("select[name=action]").select_option("hide_selected")
    any_page.get_by_role("button", name="Run").click()
    any_page.get_by_label("Reason").fill("Advertising.")
    any_page.get_by_role("button", name="Reject 2 posts").click()

    expect(any_page.get_by_text("Decision saved for 2 posts.")).to_be_visible()
    assert not ReviewItem.objects.open().exists()
