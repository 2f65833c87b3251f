from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from community.moderation.models import Reason, ReviewItem, Sanction
from community.moderation.services import flags, review_queue, reviews
from tests.factories.forum import PostFactory, TopicFactory
from tests.factories.members import GuidelinesFactory, MemberFactory
from tests.factories.moderation import FlagFactory, ReviewItemFactory, SanctionFactory

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:moderation_reviewitem_changelist")
BULK = reverse("admin:moderation_reviewitem_bulk")


def page_of(item):
    return reverse("admin:moderation_reviewitem_change", args=[item.pk])


def decision(item, **fields):
    return {
        "act": "decide",
        "version": item.version,
        "post": "hide",
        "rule": "spam",
        "reason": "Advertising.",
        **fields,
    }


def flagged(**fields):
    item = ReviewItemFactory(**fields)
    FlagFactory(post=item.post)
    return item


def shown(response):
    return list(response.context["cl"].result_list)


def test_the_list_shows_open_items_most_urgent_first(as_moderator):
    low = ReviewItemFactory(priority=1)
    high = ReviewItemFactory(priority=3)
    ReviewItemFactory(closed_at=timezone.now(), outcome="kept")

    assert shown(as_moderator.get(QUEUE)) == [high, low]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?state=closed", ["closed"]),
        ("?state=mine", ["mine"]),
        ("?state=free", ["free"]),
        ("?state=all", ["mine", "free", "closed"]),
        ("?kind__exact=held", []),
    ],
)
def test_the_list_has_state_filters(as_moderator, moderator, query, expected):
    items = {
        "mine": ReviewItemFactory(claimed_by=moderator),
        "free": ReviewItemFactory(),
        "closed": ReviewItemFactory(closed_at=timezone.now(), outcome="kept"),
    }

    assert set(shown(as_moderator.get(QUEUE + query))) == {items[name] for name in expected}


def test_the_list_shows_the_flag_weight_and_limit(as_moderator):
    ReviewItemFactory(score="7.10")

    assert "7.1 of 8.33" in as_moderator.get(QUEUE).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(as_moderator, count, django_assert_max_num_queries):
    ReviewItemFactory.create_batch(count, claimed_by=MemberFactory(role="moderator"))
    as_moderator.get(QUEUE)

    with django_assert_max_num_queries(16):
        as_moderator.get(QUEUE)


def test_the_page_shows_the_post_in_context(as_moderator):
    topic = TopicFactory(opening__source="How do I descale it?")
    near = PostFactory(topic=topic, source="With citric acid.")
    item = ReviewItemFactory(post=PostFactory(topic=topic, source="Buy a new one!"))
    after = PostFactory(topic=topic, source="Please do not advertise.")

    response = as_moderator.get(page_of(item))

    assert [post.source for post in response.context["before"]] == [
        "How do I descale it?",
        "With citric acid.",
    ]
    assert response.context["before"][1] == near
    assert response.context["after"] == [after]
    assert "Buy a new one!" in response.content.decode()


def test_the_page_shows_how_weights_are_calculated(as_moderator):
    item = ReviewItemFactory(score="3.40")
    FlagFactory(post=item.post, trust=2, accuracy="0.40", weight="3.40", text="Look at the link")

    html = as_moderator.get(page_of(item)).content.decode()

    assert "1 + 2 trust + 0.4 accuracy = 3.4" in html
    assert "Weight <b>3.4</b>. A post is hidden at 8.33." in " ".join(html.split())
    assert "Look at the link" in html


def test_the_page_shows_the_rules_and_earlier_strikes(as_moderator):
    GuidelinesFactory(version=9, html="<p>No advertising.</p>")
    item = ReviewItemFactory()
    SanctionFactory(member=item.member, kind="warning", reason="You shouted in March.")

    html = as_moderator.get(page_of(item)).content.decode()

    assert "<p>No advertising.</p>" in html
    assert "You shouted in March." in html


def test_the_page_escapes_posts(as_moderator):
    item = ReviewItemFactory(reason="<script>alert(1)</script>", post=PostFactory(topic__title="<b>Bold</b>"))

    html = as_moderator.get(page_of(item)).content.decode()

    assert "<script>alert(1)</script>" not in html
    assert "<b>Bold</b>" not in html


def test_deciding_hides_the_post_and_opens_the_next_item(as_moderator):
    item, following = flagged(), flagged()

    response = as_moderator.post(page_of(item), decision(item))

    item.refresh_from_db()
    assert (item.outcome, item.post.status) == ("hidden", "hidden")
    assert response.url == page_of(following)


def test_deciding_the_last_item_returns_to_the_queue(as_moderator):
    item = flagged()

    assert as_moderator.post(page_of(item), decision(item)).url == QUEUE


def test_deciding_edits_the_post(as_moderator):
    item = flagged(post=PostFactory(source="Call 555-1234"))

    as_moderator.post(page_of(item), decision(item, post="edit", source="Call us", reason="Private number."))

    item.post.refresh_from_db()
    assert item.post.source == "Call us"


@pytest.mark.parametrize(
    ("fields", "hours"),
    [({"length": "24"}, 24), ({"length": "720"}, 720), ({"length": "lifted"}, None)],
)
def test_deciding_suspends_for_the_chosen_time(as_moderator, fields, hours):
    item = flagged()

    as_moderator.post(page_of(item), decision(item, person="suspension", message="Enough.", **fields))

    sanction = Sanction.objects.get()
    length = sanction.ends_at and round((sanction.ends_at - sanction.starts_at) / timedelta(hours=1))
    assert (sanction.kind, sanction.message, length) == ("suspension", "Enough.", hours)


def test_deciding_silences_until_the_end_of_a_day(as_moderator):
    item = flagged()
    day = timezone.localdate() + timedelta(days=3)

    as_moderator.post(page_of(item), decision(item, person="silence", length="date", until=day.isoformat()))

    end = timezone.localtime(Sanction.objects.get().ends_at)
    assert (end.date(), end.hour, end.minute) == (day, 23, 59)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": " "}, "Give a reason. The author will see it."),
        ({"post": "keep", "person": "warning", "reason": ""}, "Give a reason. The author will see it."),
        ({"post": "edit", "source": ""}, "The post cannot be empty."),
        ({"person": "silence", "length": "date", "until": ""}, "Choose today or a later date."),
        ({"person": "silence", "length": "date", "until": "2020-01-01"}, "Choose today or a later date."),
        ({"post": ""}, "This field is required."),
    ],
)
def test_deciding_shows_errors_when_something_is_missing(as_moderator, fields, sentence):
    item = flagged()

    response = as_moderator.post(page_of(item), decision(item, message="What I typed", **fields))

    item.refresh_from_db()
    html = response.content.decode()
    assert (response.status_code, item.is_open) == (422, True)
    assert sentence in html
    assert "What I typed" in html


def test_deciding_a_closed_item_shows_the_conflict(as_moderator):
    item = flagged()
    reviews.decide(
        item,
        actor=MemberFactory(role="moderator", display_name="Ben"),
        version=item.version,
        decision=reviews.Decision("keep"),
    )

    response = as_moderator.post(page_of(item), decision(item), follow=True)

    item.post.refresh_from_db()
    assert item.post.status == "published"
    assert "Ben already closed this" in response.content.decode()


def test_deciding_a_changed_item_shows_the_conflict(as_moderator):
    item = flagged()
    flags.add(item.post, actor=MemberFactory(), reason=Reason.ILLEGAL)

    response = as_moderator.post(page_of(item), decision(item), follow=True)

    assert "This changed while you were reviewing it" in response.content.decode()
    assert "illegal" in response.content.decode()


def test_deciding_about_oneself_is_refused(as_moderator, moderator):
    item = flagged(post=PostFactory(author=moderator))

    assert as_moderator.post(page_of(item), decision(item)).status_code == 403
    assert "another moderator has to decide" in as_moderator.get(page_of(item)).content.decode()


@pytest.mark.parametrize("role", ["manager", "moderator", "support"])
def test_a_moderator_cannot_sanction_staff(as_moderator, role):
    item = flagged(post=PostFactory(author=MemberFactory(role=role)))

    response = as_moderator.post(page_of(item), decision(item, person="warning"))

    assert response.status_code == 403
    assert not Sanction.objects.exists()


def test_a_manager_can_sanction_staff(as_manager):
    item = flagged(post=PostFactory(author=MemberFactory(role="support")))

    as_manager.post(page_of(item), decision(item, person="warning"))

    assert Sanction.objects.get().kind == "warning"


def test_claiming_releasing_and_assigning(as_moderator, moderator):
    item, ben = flagged(), MemberFactory(role="moderator", display_name="Ben")

    as_moderator.post(page_of(item), {"act": "claim", "version": 1})
    item.refresh_from_db()
    claimed = item.claimed_by
    as_moderator.post(page_of(item), {"act": "assign", "version": 2, "assignee": ben.pk})
    item.refresh_from_db()
    assigned = item.claimed_by
    as_moderator.post(page_of(item), {"act": "release", "version": 3})
    item.refresh_from_db()

    assert (claimed, assigned, item.claimed_by) == (moderator, ben, None)


def test_claiming_a_claimed_item_shows_the_conflict(as_moderator):
    item = flagged()
    review_queue.claim(item, actor=MemberFactory(role="moderator", display_name="Ben"), version=1)

    response = as_moderator.post(page_of(item), {"act": "claim", "version": 1}, follow=True)

    assert "Ben: self-assigned this" in response.content.decode()


def test_assigning_to_someone_outside_the_team_is_not_found(as_moderator):
    item = flagged()

    response = as_moderator.post(
        page_of(item), {"act": "assign", "version": 1, "assignee": MemberFactory().pk}
    )

    assert response.status_code == 404


def test_an_appeal_shows_its_subject_and_can_be_decided(as_moderator):
    sanction = SanctionFactory(kind="suspension", reason="You advertised.")
    item = reviews.appeal_sanction(sanction, text="It was my brother.")

    html = as_moderator.get(page_of(item)).content.decode()
    as_moderator.post(
        page_of(item), {"act": "decide", "version": 1, "verdict": "taken_back", "reason": "We believe you."}
    )

    sanction.refresh_from_db()
    assert "It was my brother." in html
    assert "You advertised." in html
    assert sanction.lift_reason == "We believe you."


def test_an_appeal_needs_a_reason(as_moderator):
    item = reviews.appeal_sanction(SanctionFactory(), text="Why?")

    response = as_moderator.post(
        page_of(item), {"act": "decide", "version": 1, "verdict": "stands", "reason": ""}
    )

    assert response.status_code == 422


def chosen(action, *items):
    return {"action": action, "_selected_action": [item.pk for item in items], "index": 0}


def test_bulk_asks_for_the_reason_first(as_moderator):
    items = [flagged(), flagged()]

    response = as_moderator.post(QUEUE, chosen("hide_selected", *items))

    assert response.context["items"] == items
    assert response.context["form"].initial["items"] == f"{items[0].pk}:1 {items[1].pk}:1"


@pytest.mark.parametrize(
    ("reasons", "rule"), [(["spam", "spam"], "spam"), (["spam", "illegal"], "other"), ([], "other")]
)
def test_bulk_preselects_the_rule_shared_by_all_flags(as_moderator, reasons, rule):
    items = [ReviewItemFactory(), ReviewItemFactory()]
    for item, reason in zip(items, reasons, strict=False):
        FlagFactory(post=item.post, reason=reason)

    response = as_moderator.post(QUEUE, chosen("hide_selected", *items))

    assert response.context["form"].initial["rule"] == rule


def test_bulk_excludes_appeals_and_own_posts(as_moderator, moderator):
    own = flagged(post=PostFactory(author=moderator))
    appeal = reviews.appeal_sanction(SanctionFactory(), text="Why?")

    response = as_moderator.post(QUEUE, chosen("keep_selected", own, appeal), follow=True)

    assert "None of these can be decided together" in response.content.decode()


def bulk(chosen, **fields):
    versions = " ".join(f"{item.pk}:{item.version}" for item in chosen)
    return {"post": "hide", "rule": "spam", "reason": "Advertising.", "items": versions, **fields}


def test_bulk_hides_and_suspends(as_moderator):
    items = [flagged(), flagged()]

    as_moderator.post(BULK, bulk(items, person="suspension", length="168"))

    assert set(ReviewItem.objects.values_list("outcome", flat=True)) == {"hidden"}
    assert Sanction.objects.filter(kind="suspension").count() == 2


def test_bulk_keeps_without_a_reason(as_moderator):
    items = [flagged(), flagged()]

    as_moderator.post(BULK, bulk(items, post="keep", reason=""))

    assert set(ReviewItem.objects.values_list("outcome", flat=True)) == {"kept"}


def test_bulk_continues_after_conflicts(as_moderator):
    first, second = flagged(), flagged()
    data = bulk([first, second])
    review_queue.claim(first, actor=MemberFactory(role="moderator", display_name="Ben"), version=1)

    html = as_moderator.post(BULK, data, follow=True).content.decode()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.outcome, second.outcome) == ("", "hidden")
    assert "Ben: self-assigned this" in html
    assert "Decision saved for 1 post." in html


def test_bulk_without_a_reason_keeps_the_items(as_moderator):
    items = [flagged()]

    response = as_moderator.post(BULK, bulk(items, reason=""))

    assert response.status_code == 422
    assert response.context["items"] == items
    assert ReviewItem.objects.open().count() == 1


@pytest.mark.parametrize("text", ["", "nonsense", "1:x"])
def test_bulk_with_invalid_items_changes_nothing(as_moderator, text):
    flagged()

    assert as_moderator.post(BULK, bulk([], items=text)).status_code == 422
    assert ReviewItem.objects.open().count() == 1


def test_bulk_skips_items_one_may_not_decide(as_moderator, moderator):
    own = flagged(post=PostFactory(author=moderator))
    staff = flagged(post=PostFactory(author=MemberFactory(role="manager")))

    html = as_moderator.post(BULK, bulk([own, staff], person="warning"), follow=True).content.decode()

    assert ReviewItem.objects.open().count() == 2
    assert html.count("You cannot decide about") == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "The queue is empty"),
        ("?state=mine", "Nothing is assigned to you"),
        ("?state=closed", "No decisions yet"),
        ("?kind__exact=held", "See Waiting for the rest of the queue."),
        ("?q=casino", "No results"),
    ],
)
def test_an_empty_queue_has_a_message(as_moderator, query, words):
    html = as_moderator.get(QUEUE + query).content.decode()

    assert words in html
    assert "No results found" not in html


def test_other_empty_lists_have_a_message(as_manager):
    nothing = as_manager.get(reverse("admin:moderation_blockedword_changelist")).content.decode()
    unmatched = as_manager.get(reverse("admin:members_member_changelist") + "?q=nobody").content.decode()

    assert "Nothing here yet" in nothing
    assert "Add blocked word" in nothing
    assert "No results" in unmatched
    assert "Show all" in unmatched


@pytest.mark.parametrize(("kind", "offered"), [("held", "Approve"), ("flagged", "Keep")])
def test_a_held_post_is_published_and_a_flagged_one_kept(as_moderator, kind, offered):
    item = ReviewItemFactory(kind=kind)

    page = as_moderator.get(page_of(item))

    assert dict(page.context["form"].fields["post"].choices)["keep"] == offered
