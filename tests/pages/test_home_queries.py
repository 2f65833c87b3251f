"""The home page's data: figures count public content only, and lists what the reader may see."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from community.forum.models import Topic
from community.pages import home as home_page
from community.pages.home import announcements, categories, greeting, solved, topics
from community.qa import services as qa
from tests.factories.forum import AnswerFactory, CategoryFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
VISITOR = AnonymousUser()


def ago(**span):
    return timezone.now() - timedelta(**span)


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (0, "Still up"),
        (4, "Still up"),
        (5, "Good morning"),
        (11, "Good morning"),
        (12, "Good afternoon"),
        (17, "Good afternoon"),
        (18, "Good evening"),
        (21, "Good evening"),
        (22, "Still up"),
    ],
)
def test_greeting_depends_on_the_time_of_day(hour, words):
    now = datetime(2026, 6, 1, hour, 59, tzinfo=UTC)

    assert greeting(MemberFactory(time_zone="UTC"), now=now).startswith(words)


@pytest.mark.parametrize(
    ("name", "called"), [("Ada Winter", "Ada"), ("Ada", "Ada"), ("", "ada"), ("Dr. Ada Winter", "Dr.")]
)
def test_greeting_uses_the_first_name(name, called):
    member = MemberFactory(username="ada", display_name=name, time_zone="UTC")

    assert greeting(member, now=datetime(2026, 6, 1, 8, tzinfo=UTC)) == f"Good morning, {called}"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Europe"])
def test_greeting_without_a_time_zone_uses_the_sites(zone):
    now = datetime(2026, 6, 1, 8, tzinfo=UTC)

    assert greeting(MemberFactory(time_zone=zone), now=now).startswith("Good morning")


@pytest.mark.parametrize("since", [None, datetime(2020, 1, 1, tzinfo=UTC)])
def test_topics_exclude_announcements(since):
    topic = TopicFactory()
    TopicFactory(kind=Topic.Kind.ANNOUNCEMENT, hot_score=9)

    found = topics(VISITOR, since=since)

    assert [*found.new, *found.others] == [topic]


def test_topics_of_a_first_visit_are_the_popular_ones():
    rows = [TopicFactory(hot_score=score) for score in range(10)]

    found = topics(VISITOR, since=None)

    assert (found.new, found.others) == ([], rows[:1:-1])


@pytest.mark.parametrize(("hours", "new"), [(30, ["a", "b", "c"]), (5, ["a", "b"]), (2, ["a"]), (0, [])])
def test_topics_are_new_if_somebody_wrote_since_the_last_visit(hours, new):
    for title, age in (("c", 9), ("a", 1), ("b", 3)):
        TopicFactory(title=title, created_at=ago(hours=age), hot_score=age)

    found = topics(MemberFactory(), since=ago(hours=hours))

    assert [topic.title for topic in found.new] == new
    assert [topic.title for topic in found.new + found.others] == ["a", "b", "c"]


def test_writers_wrote_last_and_lately_each_once():
    ada, bo, cyd = (MemberFactory(username=name) for name in ("ada", "bo", "cyd"))
    gone = MemberFactory(is_active=False)
    for score, (writer, days) in enumerate(((gone, 1), (cyd, 20), (bo, 2), (ada, 1), (bo, 1))):
        TopicFactory(author=writer, created_at=ago(days=days), hot_score=score)

    found = topics(VISITOR, since=None).writers(after=ago(days=7))

    assert found == [bo, ada]


def solve(**fields):
    answer = AnswerFactory(**fields)
    qa.accept_answer(answer, actor=answer.topic.author)
    return answer


def test_solved_are_the_latest_three_with_who_answered():
    answers = [solve() for _ in range(4)]

    found = solved(VISITOR, now=timezone.now())

    assert [(one.topic, one.accepted_answer.author) for one in found] == [
        (answer.topic, answer.author) for answer in answers[:0:-1]
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda answer: qa.unaccept_answer(answer, actor=answer.topic.author),
        lambda answer: Topic.objects.filter(pk=answer.topic_id).update(status="hidden"),
        lambda answer: type(answer).objects.filter(pk=answer.pk).update(status="hidden"),
        lambda answer: Topic.objects.filter(pk=answer.topic_id).update(category=CategoryFactory(groups=[])),
        lambda answer: answer.topic.question.__class__.objects.update(accepted_at=ago(days=31)),
    ],
)
def test_solved_are_still_solved_visible_and_recent(change):
    answer = solve()
    assert [one.topic for one in solved(VISITOR, now=timezone.now())] == [answer.topic]

    change(answer)

    assert solved(VISITOR, now=timezone.now()) == []


@pytest.mark.parametrize(("days", "shown"), [(13, True), (15, False)])
def test_announcements_are_recent(days, shown):
    TopicFactory(kind=Topic.Kind.ANNOUNCEMENT, created_at=ago(days=days))

    assert bool(announcements(VISITOR, now=timezone.now())) is shown


def test_announcements_are_the_latest_two():
    old, *fresh = [
        TopicFactory(kind=Topic.Kind.ANNOUNCEMENT, created_at=ago(days=days)) for days in (5, 3, 1)
    ]

    assert announcements(VISITOR, now=timezone.now()) == fresh[::-1]
    assert old not in announcements(VISITOR, now=timezone.now())


def test_lists_show_visitors_nothing_private():
    private = CategoryFactory(groups=[])
    TopicFactory(category=private, hot_score=9)
    TopicFactory(category=private, kind=Topic.Kind.ANNOUNCEMENT)

    assert topics(VISITOR, since=None).others == []
    assert announcements(VISITOR, now=timezone.now()) == []
    assert private not in categories(VISITOR)


def test_categories_are_top_level():
    parent = CategoryFactory()
    CategoryFactory(parent=parent)
    CategoryFactory(is_archived=True)

    found = categories(VISITOR)

    assert parent in found
    assert all(category.parent_id is None and not category.is_archived for category in found)


def test_a_category_with_an_archived_parent_is_top_level():
    child = CategoryFactory(parent=CategoryFactory(is_archived=True))

    assert child in categories(VISITOR)


def test_a_category_with_a_private_parent_is_hidden():
    child = CategoryFactory(parent=CategoryFactory(groups=[]))

    assert child not in categories(VISITOR)


@pytest.mark.parametrize(
    ("kind", "find"), [("prospect", home_page.prospect_categories), ("ideas", home_page.idea_categories)]
)
def test_shortcuts_lead_to_open_visible_categories(kind, find):
    assert find(VISITOR) == []
    parent = CategoryFactory()
    shown = CategoryFactory(kind=kind, parent=parent)
    CategoryFactory(kind=kind, is_archived=True)
    CategoryFactory(kind=kind, groups=[])

    assert find(VISITOR) == [shown]
