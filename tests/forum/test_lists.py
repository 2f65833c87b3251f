from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from community.forum.models import Topic
from tests.factories.forum import (
    AnswerFactory,
    CategoryFactory,
    PostFactory,
    QuestionFactory,
    TagFactory,
    TopicFactory,
)
from tests.factories.members import MemberFactory

from .pages import page, texts, titles

pytestmark = pytest.mark.django_db

LISTS = ["/latest/", "/hot/", "/top/", "/unanswered/"]


def test_latest_is_ordered_by_the_newest_post(client):
    now = timezone.now()
    TopicFactory(title="Quiet for a day", bumped_at=now - timedelta(days=1))
    TopicFactory(title="Busy just now", bumped_at=now)

    assert titles(client.get("/latest/")) == ["Busy just now", "Quiet for a day"]


def test_hot_is_ordered_by_the_hot_score(client):
    Topic.objects.filter(pk=TopicFactory(title="Lukewarm").pk).update(hot_score=0.1)
    Topic.objects.filter(pk=TopicFactory(title="Burning").pk).update(hot_score=3)

    assert titles(client.get("/hot/")) == ["Burning", "Lukewarm"]


def test_top_counts_votes_likes_and_answers_of_its_period(client):
    now = timezone.now()
    TopicFactory(title="Best of all time", created_at=now - timedelta(days=900), score=50)
    TopicFactory(title="Liked this week", created_at=now - timedelta(days=3), like_count=4)
    TopicFactory(title="Ignored this week", created_at=now - timedelta(days=2))

    week = titles(client.get("/top/?period=week"))
    ever = titles(client.get("/top/?period=all"))

    assert week == ["Liked this week", "Ignored this week"]
    assert ever == ["Best of all time", "Liked this week", "Ignored this week"]


def test_unknown_period_is_a_month(client):
    TopicFactory(title="Ten days old", created_at=timezone.now() - timedelta(days=10))

    assert titles(client.get("/top/?period=aeon")) == ["Ten days old"]


def test_unanswered_lists_open_questions_without_answer(client):
    QuestionFactory(title="Nobody knows this")
    QuestionFactory(title="Closed without an answer", closed_at=timezone.now())
    AnswerFactory(topic__title="Somebody knew this")
    TopicFactory(title="Not a question at all")

    assert titles(client.get("/unanswered/")) == ["Nobody knows this"]


def test_empty_unanswered_list_shows_a_message(client):
    assert texts(client.get("/unanswered/"), ".empty h2") == ["No unanswered questions"]


@pytest.mark.parametrize("address", LISTS)
def test_lists_show_only_what_the_reader_may_see(client, log_in, address):
    group = Group.objects.create(name="owners")
    secret = CategoryFactory(groups=[group], kind="qa")
    QuestionFactory(title="Private question", category=secret)
    for status in ("pending", "hidden", "deleted"):
        QuestionFactory(title=f"A {status} question", status=status)

    visitor = titles(client.get(address))
    log_in()
    member = titles(client.get(address))
    log_in(MemberFactory(groups=[group]))
    owner = titles(client.get(address))

    assert (visitor, member, owner) == ([], [], ["Private question"])


def test_category_of_a_hidden_parent_is_hidden_too(client):
    parent = CategoryFactory(groups=[Group.objects.create(name="owners")])
    child = CategoryFactory(parent=parent)
    TopicFactory(category=child, title="In the child of a private one")

    assert client.get(child.get_absolute_url()).status_code == 404
    assert titles(client.get("/latest/")) == []


def test_category_shows_its_own_and_its_childrens_topics(client):
    parent = CategoryFactory()
    TopicFactory(category=parent, title="In the parent")
    TopicFactory(category=CategoryFactory(parent=parent), title="In the child")
    TopicFactory(title="Elsewhere")

    assert sorted(titles(client.get(parent.get_absolute_url()))) == ["In the child", "In the parent"]


def test_pinned_topics_come_first_and_once(client):
    category = CategoryFactory()
    TopicFactory(
        category=category, title="Pinned", pinned_at=timezone.now(), bumped_at=timezone.now() - timedelta(9)
    )
    TopicFactory(category=category, title="Newer")

    assert titles(client.get(category.get_absolute_url())) == ["Pinned", "Newer"]
    assert titles(client.get("/latest/")) == ["Newer", "Pinned"]


def test_topic_pinned_everywhere_comes_first_in_every_list(client):
    TopicFactory(
        title="Pinned",
        pinned_at=timezone.now(),
        pinned_everywhere=True,
        bumped_at=timezone.now() - timedelta(9),
    )
    TopicFactory(title="Newer")

    assert titles(client.get("/latest/")) == ["Pinned", "Newer"]


def test_pinned_topics_are_on_the_first_page_only(client):
    category = CategoryFactory()
    TopicFactory(category=category, title="Pinned", pinned_at=timezone.now())
    TopicFactory.create_batch(21, category=category)

    second = titles(client.get(f"{category.get_absolute_url()}?page=2"))

    assert len(second) == 1
    assert "Pinned" not in second


@pytest.mark.parametrize(
    ("address", "rows"),
    [
        ("/latest/", ["New Yesterday", "Your last visit", "Last week"]),
        ("/top/?period=year", ["Last week", "New Yesterday"]),
        ("/c/machines/", ["New Yesterday", "Your last visit", "Last week"]),
        ("/c/machines/?sort=hot", ["Last week", "New Yesterday"]),
    ],
)
def test_lists_of_the_latest_show_where_the_last_visit_ended(client, address, rows):
    now, category = timezone.now(), CategoryFactory(slug="machines")
    for title, days, score in (("Yesterday", 1, 1), ("Last week", 7, 2)):
        at = now - timedelta(days=days)
        TopicFactory(
            title=title, category=category, created_at=at, bumped_at=at, score=score, hot_score=score
        )
    client.force_login(MemberFactory(last_seen_at=now - timedelta(days=2)))

    shown = texts(client.get(address), ".topic-title, .last-visit")

    assert [text.split(":")[0] for text in shown] == rows


@pytest.mark.parametrize("fields", [None, {}, {"last_seen_at": timezone.now() - timedelta(days=9)}])
def test_lists_show_no_last_visit_without_one_between_the_topics(client, fields):
    at = timezone.now() - timedelta(days=1)
    TopicFactory(title="Yesterday", created_at=at, bumped_at=at)
    if fields is not None:
        client.force_login(MemberFactory(**fields))

    assert texts(client.get("/latest/"), ".last-visit") == []


DEEP = [
    "/latest/?",
    "/hot/?",
    "/top/?period=all&",
    "/unanswered/?",
    "/tags/descaling/?sort=latest&",
    "/tags/descaling/?sort=hot&",
    "/tags/descaling/?sort=top&period=all&",
    "/tags/descaling/?sort=unanswered&",
    "/c/machines/?sort=top&period=all&",
    "/c/machines/?sort=unanswered&",
]


@pytest.fixture
def questions():
    """43 questions, each ahead of the next in every order, among others that most readers must not see."""
    category, tag = CategoryFactory(slug="machines", kind="qa"), TagFactory(slug="descaling")
    secret = CategoryFactory(kind="qa", groups=[Group.objects.create(name="owners")])
    now = timezone.now()

    def ask(n, **fields):
        created_at = now - timedelta(n)
        return QuestionFactory(
            tags=[tag], created_at=created_at, bumped_at=created_at, hot_score=-n, score=int(-2 * n), **fields
        )

    for n in range(43):
        ask(n, category=category, title=f"Topic {n:02}")
    for n in (5, 25):
        ask(n - 0.5, category=secret, title=f"Secret {n:02}")
        ask(n - 0.5, category=category, title="Waiting for approval", status="pending")
    category.topic_count, secret.topic_count = 43, 2
    category.save(update_fields=["topic_count"])
    secret.save(update_fields=["topic_count"])


@pytest.mark.parametrize("who", ["visitor", "member", "moderator"])
def test_later_pages_go_on_where_the_page_before_ended(client, log_in, questions, who):
    if who != "visitor":
        log_in(role="moderator" if who == "moderator" else "")
    here = [f"Topic {n:02}" for n in range(43)]
    everywhere = here.copy()
    if who == "moderator":
        everywhere.insert(25, "Secret 25")
        everywhere.insert(5, "Secret 05")

    for address in DEEP:
        pages = [titles(client.get(f"{address}page={number}")) for number in (1, 2, 3, 4)]

        listed = here if "/c/" in address else everywhere
        # There is no fourth page, so the last one is shown.
        assert pages == [listed[:20], listed[20:40], listed[40:], listed[40:]], address


@pytest.mark.parametrize("address", DEEP)
def test_later_pages_ask_nothing_of_the_topics_before_them(client, log_in, address):
    log_in()
    category, tag = CategoryFactory(slug="machines", topic_count=21), TagFactory(slug="descaling")
    QuestionFactory.create_batch(21, category=category, tags=[tag])
    skipping = []

    def watch(execute, sql, params, many, context):
        if "OFFSET" in sql and params[-1] > 0:
            skipping.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        assert len(titles(client.get(f"{address}page=2"))) == 1

    assert len(skipping) == 1
    assert skipping[0].startswith('SELECT "forum_topic"."id" AS "pk" FROM "forum_topic"')
    assert "members_member" not in skipping[0]


@pytest.mark.parametrize(
    "address", ["/top/?period=all&", "/unanswered/?", "/tags/descaling/?sort=unanswered&"]
)
def test_equal_topics_are_ordered_by_id(client, address):
    now, tag = timezone.now(), TagFactory(slug="descaling")
    asked = [QuestionFactory(title=f"Topic {n:02}", created_at=now, tags=[tag]) for n in range(25)]

    pages = [titles(client.get(f"{address}page={number}")) for number in (1, 2)]

    newest_first = [topic.title for topic in sorted(asked, key=lambda topic: -topic.pk)]
    assert pages == [newest_first[:20], newest_first[20:]]


def test_later_pages_of_a_period_hold_its_topics_only(client):
    now = timezone.now()
    for n in range(22):
        TopicFactory(title=f"Topic {n:02}", created_at=now - timedelta(hours=n), score=-n)
    TopicFactory(title="Of last year", created_at=now - timedelta(300), score=9)

    pages = [titles(client.get(f"/top/?period=week&page={number}")) for number in (1, 2)]

    assert pages == [[f"Topic {n:02}" for n in range(20)], ["Topic 20", "Topic 21"]]


@pytest.mark.parametrize("sort", ["latest", "hot", "top", "unanswered", "nonsense"])
def test_category_can_be_sorted(client, sort):
    category = CategoryFactory()
    QuestionFactory(category=category, title="The only question")

    response = client.get(f"{category.get_absolute_url()}?sort={sort}")

    assert titles(response) == ["The only question"]


def test_category_offers_a_new_topic_if_allowed(client, log_in):
    category = CategoryFactory(kind="qa")
    closed = CategoryFactory(kind="qa", is_archived=True)
    for reader in ("visitor", "member"):
        if reader == "member":
            log_in()

        assert texts(client.get(category.get_absolute_url()), ".page-head .button") == ["Ask a question"]
        assert texts(client.get(closed.get_absolute_url()), ".page-head .button") == []


def test_unknown_category_tag_and_page_are_404(client):
    assert client.get("/c/nowhere/").status_code == 404
    assert client.get("/tags/nothing/").status_code == 404
    assert client.get("/latest/?page=x").status_code == 404


def test_tag_lists_its_topics_only(client):
    tag = TagFactory(name="grinder")
    TopicFactory(title="About grinders", tags=[tag])
    TopicFactory(title="About nothing")

    assert titles(client.get(tag.get_absolute_url())) == ["About grinders"]


def test_tag_of_hidden_topics_only_is_not_found(client):
    tag = TagFactory(name="layoffs")
    TopicFactory(tags=[tag], category=CategoryFactory(groups=[Group.objects.create(name="owners")]))

    assert client.get(tag.get_absolute_url()).status_code == 404


def test_tags_count_visible_topics(client):
    tag, secret = TagFactory(name="open"), TagFactory(name="secret")
    group = Group.objects.create(name="owners")
    TopicFactory(tags=[tag])
    TopicFactory(tags=[tag, secret], category=CategoryFactory(groups=[group]))

    assert texts(client.get("/tags/"), ".tag-cloud a") == ["open 1 topics"]


@pytest.mark.parametrize(
    ("fields", "reader", "heading", "button"),
    [
        ({"kind": "qa"}, {}, "No questions yet", "Ask a question"),
        ({"kind": "prospect"}, None, "No questions yet", "Ask a question"),
        ({"kind": "ideas"}, {}, "No ideas yet", "Suggest an idea"),
        ({"kind": "articles"}, {}, "No articles yet", "Write an article"),
        ({"kind": "forum"}, None, "No topics yet", "New topic"),
        ({"create_by": "groups"}, {}, "No topics yet", None),
        ({"create_by": "groups"}, None, "No topics yet", None),
        ({"is_archived": True}, None, "No topics yet", None),
    ],
)
def test_empty_category_suggests_what_one_may_start(client, log_in, fields, reader, heading, button):
    category = CategoryFactory(slug="machines", **fields)
    if reader is not None:
        log_in()

    response = client.get(category.get_absolute_url())

    assert texts(response, ".empty h2") == [heading]
    assert texts(response, "main a[href='/new/?category=machines']") == ([button] * 2 if button else [])
    assert len(page(response).cssselect("header a[href='/new/']")) == (not button)


def test_category_names_the_category_of_a_topic_only_if_it_has_subcategories(client):
    parent, alone = CategoryFactory(), CategoryFactory()
    child = CategoryFactory(parent=parent, name="Grinders")
    for category in (parent, alone, child):
        TopicFactory(category=category)

    marks = [
        len(page(client.get(one.get_absolute_url())).cssselect(".topic-row .category-mark"))
        for one in (parent, alone, child)
    ]

    assert marks == [2, 0, 0]
    assert texts(client.get(parent.get_absolute_url()), ".shortcuts a") == ["Grinders"]


def test_categories_without_questions_have_no_tab_for_unanswered_ones(client):
    tabs = {
        kind: texts(client.get(CategoryFactory(kind=kind).get_absolute_url()), ".tabs a")
        for kind in ("forum", "qa", "prospect", "ideas", "articles")
    }

    some = ["Hot", "Latest", "Top"]
    every = [*some, "Unanswered"]
    assert tabs == {"forum": every, "qa": every, "prospect": every, "ideas": some, "articles": some}


def test_empty_tag_list_shows_a_message(client):
    assert texts(client.get("/tags/"), ".empty h2") == ["No tags yet"]


def test_row_shows_the_number_of_unread_posts(client, log_in):
    member = log_in()
    topic = TopicFactory(title="Read up to here")
    client.get(topic.get_absolute_url())
    PostFactory(topic=topic)
    PostFactory(topic=topic, author=member)
    PostFactory(topic=topic, status="deleted")

    response = client.get("/latest/")

    assert texts(response, ".count.unread") == ["1 unread"]


def test_topic_never_opened_has_no_unread_count(client, log_in):
    log_in()
    PostFactory()

    assert texts(client.get("/latest/"), ".count.unread") == []


def test_row_of_a_solved_question_is_marked(client):
    AnswerFactory(topic__is_solved=True)

    assert texts(client.get("/latest/"), ".topic-figures [data-state=solved]") == ["1 answer"]


@pytest.mark.parametrize("address", [*LISTS, "category", "tag"])
@pytest.mark.parametrize("who", ["visitor", "member", "moderator"])
def test_lists_cost_the_same_for_one_row_and_for_three(
    client, log_in, django_assert_num_queries, settings, address, who
):
    settings.PAGE_CACHE_SECONDS = 0
    category, tag = CategoryFactory(), TagFactory(name="same")
    if who != "visitor":
        log_in(role="moderator" if who == "moderator" else "")
    address = {"category": category.get_absolute_url(), "tag": tag.get_absolute_url()}.get(address, address)
    QuestionFactory(category=category, tags=[tag])
    client.get(address)

    one = count(client, address)
    QuestionFactory.create_batch(2, category=category, tags=[tag])

    assert count(client, address) == one
    assert one <= 7


def count(client, address):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_urls_are_stable():
    assert [reverse(f"forum:{name}") for name in ("latest", "top", "unanswered", "topic-create", "tags")] == [
        "/latest/",
        "/top/",
        "/unanswered/",
        "/new/",
        "/tags/",
    ]
