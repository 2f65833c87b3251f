"""Import a complete small site."""

import xml.etree.ElementTree as ET

import pytest
from django.db.models import Count

from community.badges.models import Award, Badge
from community.events.models import Event
from community.forum.models import Post, Topic
from community.importers.models import ImportedRow
from community.importers.progress import NoProgress
from community.importers.services import imports
from community.qa.models import Question

pytestmark = pytest.mark.django_db


def rows(folder, name):
    return [element.attrib for _, element in ET.iterparse(folder / name) if element.tag == "row"]


@pytest.fixture(scope="module")
def batch(module_db, conlang):
    batch = imports.open_batch(conlang, name="conlang", site="")
    return imports.run(batch, conlang, category=None, progress=NoProgress())


@pytest.fixture
def mapped(batch):
    return lambda kind: dict(ImportedRow.objects.filter(kind=kind).values_list("source_id", "target_id"))


def test_conlang_counts_match(mapped):
    assert len(mapped("user")) == 272
    assert Topic.objects.count() == 54
    assert Post.objects.answers().count() == 115
    assert Question.objects.exclude(accepted_answer=None).count() == 11
    assert Post.objects.filter(kind="comment").count() == 230
    assert (Award.objects.count(), Badge.objects.filter(source="imported").count()) == (612, 26)


def test_conlang_posts_match_row_by_row(conlang, mapped):
    posts, users = mapped("post"), mapped("user")
    ours = Post.objects.select_related("topic").prefetch_related("topic__tags").in_bulk()
    for row in rows(conlang, "Posts.xml"):
        if row["PostTypeId"] not in ("1", "2"):
            continue
        post = ours[posts[int(row["Id"])]]
        assert post.score == int(row["Score"])
        assert post.created_at.isoformat(timespec="milliseconds") == row["CreationDate"] + "+00:00"
        assert (post.author_id == users.get(int(row.get("OwnerUserId", 0)))) == ("OwnerUserId" in row)
        if post.is_opening:
            assert post.topic.answer_count == int(row["AnswerCount"])
            assert {tag.name for tag in post.topic.tags.all()} == set(row["Tags"].strip("<>").split("><"))


def test_conlang_votes_became_events(conlang, batch):
    ups = [row for row in rows(conlang, "Votes.xml") if row["VoteTypeId"] == "2"]
    told = Event.objects.filter(name__in=("helpful_vote.received", "question_vote.received"))
    kept = {int(row["Id"]) for row in rows(conlang, "Posts.xml") if row["PostTypeId"] in ("1", "2")}
    assert told.count() == sum(int(row["PostId"]) in kept for row in ups)
    up_votes = dict(told.values_list("object_id").annotate(Count("event_id")))
    downs = Post.objects.exclude(kind="comment").filter(score__lt=0).count()
    assert downs == sum(int(r["Score"]) < 0 for r in rows(conlang, "Posts.xml") if int(r["Id"]) in kept)
    assert all(post.score <= up_votes.get(post.pk, 0) for post in Post.objects.exclude(kind="comment"))


def test_conlang_texts_come_from_markdown(conlang, mapped):
    posts = mapped("post")
    last = {
        row["PostId"]: row.get("Text", "")
        for row in rows(conlang, "PostHistory.xml")
        if row["PostHistoryTypeId"] in ("2", "5", "8")
    }
    plain = {key: text for key, text in last.items() if not set(text) & set("[<#`") and "//" not in text}
    compared = 0
    for key, text in plain.items():
        if int(key) in posts:
            assert Post.objects.get(pk=posts[int(key)]).source == text.replace("\r\n", "\n").strip()
            compared += 1
    assert compared > 20


def test_conlang_undo_deletes_everything(batch, undone):
    undone(batch)

    assert not Post.objects.exists()
    assert not Event.objects.exists()
    assert not ImportedRow.objects.exists()
