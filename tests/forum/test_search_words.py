"""The migrations that filled the words of existing posts and titles, in batches."""

import importlib
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import connection

from community.forum.models import Post, Topic
from tests.factories.forum import PostFactory, TopicFactory

pytestmark = pytest.mark.django_db
migration = importlib.import_module("community.forum.migrations.0007_fill_search_words")
apostrophes = importlib.import_module("community.forum.migrations.0016_fill_search_apostrophes")


class Killed(Exception):
    pass


@contextmanager
def killed_in_batch(number):
    """Stop in the transaction of that batch, before it is committed."""
    batches = []

    def wrapper(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if sql.startswith("WITH batch"):
            batches.append(sql)
            if len(batches) == number:
                raise Killed
        return answer

    with pytest.raises(Killed), connection.execute_wrapper(wrapper):
        yield


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def words(table):
    """Return the words of all rows in order; None where they are missing."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT words FROM {table} ORDER BY id")
        return [found for (found,) in cursor.fetchall()]


@pytest.fixture
def unfilled(monkeypatch):
    """Six posts and two titles without words, in the tables as they were then; returns the words they should have."""
    topic = TopicFactory(title="Gaskets drip", opening__source="Why does it drip?")
    PostFactory.create_batch(4, topic=topic)
    TopicFactory(title="Kávovar", opening=False)
    PostFactory(topic=topic, source="*", markup="html", html="<p>Change <b>the</b> gasket.</p>")
    wanted = [list(model.objects.order_by("pk").values_list("search", flat=True)) for model in (Post, Topic)]
    run(
        "SET CONSTRAINTS ALL IMMEDIATE",
        *(f"ALTER TABLE {table} RENAME search TO words" for table in ("forum_post", "forum_topic")),
        *(f"UPDATE {table} SET words = NULL" for table in ("forum_post", "forum_topic")),
    )
    monkeypatch.setattr(migration, "BATCH", 2)
    return wanted


def test_words_are_filled_as_the_triggers_do(unfilled):
    migration.fill(apps, None)

    assert [words("forum_post"), words("forum_topic")] == unfilled
    assert "'gasket':3" in unfilled[0][-1]


@pytest.mark.parametrize(("batch", "posts"), [(1, 0), (3, 4)])
def test_filling_resumes_after_it_was_killed(unfilled, batch, posts):
    with killed_in_batch(batch):
        migration.fill(apps, None)
    filled = [one is not None for one in words("forum_post")]
    run("UPDATE forum_post SET words = 'kept' WHERE words IS NOT NULL")

    migration.fill(apps, None)

    assert filled == [True] * posts + [False] * (6 - posts)
    assert words("forum_post") == ["'kept'"] * posts + unfilled[0][posts:]
    assert words("forum_topic") == unfilled[1]


def test_filling_resumes_with_the_titles(unfilled):
    with killed_in_batch(5):  # three of posts, an empty one, and the first of titles
        migration.fill(apps, None)
    assert (words("forum_post"), words("forum_topic")) == (unfilled[0], [None, None])

    migration.fill(apps, None)

    assert words("forum_topic") == unfilled[1]


def test_filling_again_changes_nothing(unfilled):
    migration.fill(apps, None)
    run("UPDATE forum_post SET words = 'kept'")

    migration.fill(apps, None)

    assert set(words("forum_post")) == {"'kept'"}


def test_only_words_with_apostrophes_are_filled_anew():
    topic = TopicFactory(title="O’Brien drips", opening__source="It doesn't.")
    PostFactory(topic=topic, source="Ask O'Brien.")
    PostFactory(topic=topic, source="*", markup="html", html="<p>Ask <b>O</b>'Brien.</p>")
    Topic.objects.filter(pk=topic.pk).update(search="kept")
    Post.objects.update(search="kept")

    apostrophes.fill(apps, None)

    topic.refresh_from_db()
    assert "'obrien':1A" in topic.search
    assert ["'obrien':2" in post.search for post in Post.objects.order_by("pk")] == [False, True, True]
