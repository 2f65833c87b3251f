"""Import a small dump that has every kind of row."""

from datetime import UTC, datetime

import pytest
from django.core import mail

from community.badges.models import Award, Badge
from community.events.models import Event
from community.forum.models import Category, Post, Revision, Tag, Topic
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from community.importers.progress import NoProgress
from community.importers.services import imports
from community.members.models import Member
from community.qa.models import Question
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.importers.conftest import skipped
from tests.importers.dumps import Dump, village

pytestmark = pytest.mark.django_db


def topic(title="Question 10?") -> Topic:
    return Topic.objects.get(title=title)


def post(source_id: int, kind="post") -> Post:
    return Post.objects.get(pk=ImportedRow.objects.get(kind=kind, source_id=source_id).target_id)


def member(source_id: int) -> Member:
    return Member.objects.get(pk=ImportedRow.objects.get(kind="user", source_id=source_id).target_id)


def events(name: str) -> list[Event]:
    return list(Event.objects.filter(name=name).order_by("occurred_at"))


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


def test_import_makes_unclaimed_members(dump, imported):
    imported(dump)

    ann = member(1)
    assert (ann.username, ann.display_name, ann.email, ann.claimed_at) == ("ann", "Ann", None, None)
    assert (ann.bio, ann.bio_html.strip()) == ("I **brew**.", "<p>I <strong>brew</strong>.</p>")
    assert ann.website == "https://ann.example"
    assert ann.joined_at == at(2020, 1, 1)
    assert not ann.has_usable_password()


def test_import_distinguishes_equal_names(dump, imported):
    imported(dump)

    assert [member(2).username, member(3).username] == ["bob", "bob-3"]


def test_import_never_takes_a_used_username(dump, imported):
    MemberFactory(username="Ann")

    batch = imported(dump)

    assert member(1).username == "ann-1"
    assert "Usernames that are already taken here (imported ones get a number): 1." in batch.report["remarks"]


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Zoë Łę", "zoe-e"),
        ("李小龙", "member-7"),
        ("x", "member-7"),
        ("", "member-7"),
        ("a" * 60, "a" * 30),
        ("Admin", "admin-7"),
    ],
)
def test_import_makes_mentionable_usernames(tmp_path, imported, name, username):
    imported(Dump(tmp_path).user(7, DisplayName=name).question(1, OwnerUserId=7))

    assert member(7).username == username


def test_import_makes_a_topic_of_a_question(dump, imported):
    batch = imported(dump)

    found = topic()
    assert (found.category, found.kind, found.author) == (batch.category, "question", member(1))
    assert (found.score, found.view_count, found.answer_count, found.reply_count) == (2, 40, 2, 2)
    assert (found.created_at, found.bumped_at) == (at(2020, 1, 2, 10), at(2020, 1, 4, 11))
    assert [tag.name for tag in found.tags.order_by("name")] == ["dry-hopping", "hops"]
    assert found.excerpt == "What are hops?"


def test_import_makes_a_category_for_the_site(dump, imported):
    batch = imported(dump)

    category = Category.objects.get(pk=batch.category_id)
    assert (category.slug, category.kind, category.topic_count, category.post_count) == ("beer", "qa", 2, 5)


def test_import_uses_the_category_it_is_given(dump):
    category = CategoryFactory(kind=Category.Kind.QA)
    folder = dump.write()

    batch = imports.open_batch(folder, name="village")
    imports.run(batch, folder, category=category, progress=NoProgress())

    assert topic().category == category
    assert not batch.made_category


def test_import_numbers_posts_in_order_of_writing(dump, imported):
    imported(dump)

    posts = [(p.number, p.kind, p.created_at.day) for p in topic().posts.order_by("number")]
    assert posts == [(1, "opening", 2), (2, "answer", 2), (3, "comment", 3), (4, "answer", 4)]
    assert topic().last_number == 4


def test_import_puts_a_comment_under_its_post(dump, imported):
    imported(dump)

    comment = post(5, "comment")
    assert (comment.parent, comment.kind, comment.score, comment.author) == (
        post(11),
        "comment",
        3,
        member(1),
    )


def test_import_links_mentions_by_display_name(dump, imported):
    imported(dump)

    assert f'<a class="mention" href="{member(2).get_absolute_url()}"' in post(5, "comment").html


def test_import_keeps_the_accepted_answer(dump, imported):
    imported(dump)

    question = Question.objects.get(topic=topic())
    assert (question.accepted_answer, question.accepted_by) == (post(11), member(1))
    # Votes have only a date, whose midnight is before the answer.
    assert question.accepted_at == at(2020, 1, 2, 11)
    assert post(11).is_accepted
    assert topic().is_solved


def test_import_keeps_closed_questions_closed(dump, imported):
    imported(dump)

    closed = topic("Question 20?")
    assert (closed.closed_at, closed.close_reason) == (at(2020, 1, 9), "Duplicate")


def test_import_assigns_posts_without_an_author_to_a_former_member(dump, imported):
    batch = imported(dump)

    orphan = post(12)
    assert (orphan.author.username, orphan.author.is_active, orphan.byline) == (
        "former-member",
        False,
        "Gone Girl",
    )
    assert orphan.written_by == "Gone Girl"
    assert (
        "Questions and answers without an author (shown as posts by a former member): 1."
        in batch.report["remarks"]
    )


def test_import_prefers_markdown_over_html(dump, imported):
    imported(dump)

    assert post(10).source == "What are *hops*?"
    assert post(10).html.strip() == "<p>What are <em>hops</em>?</p>"
    assert (post(11).source, post(11).markup) == ("<p>Words.</p>", "html")


def test_import_keeps_edit_history(dump, imported):
    dump.history(11, 2, "First", RevisionGUID="a", UserId=2, CreationDate="2020-01-02T11:00:00.000")
    dump.history(
        11, 5, "Second", RevisionGUID="b", UserId=1, CreationDate="2020-01-03T11:00:00.000", Comment="typo"
    )
    dump.history(11, 8, "First", RevisionGUID="c", UserId=None, CreationDate="2020-01-04T11:00:00.000")

    imported(dump)

    kept = Revision.objects.filter(post=post(11)).values_list(
        "number", "source", "editor__username", "reason"
    )
    assert list(kept) == [(1, "First", "bob", ""), (2, "Second", "ann", "typo"), (3, "First", None, "")]
    assert (post(11).source, post(11).revision_count, post(11).edited_at) == ("First", 2, at(2020, 1, 4, 11))


def test_import_creates_no_revisions_for_unedited_posts(dump, imported):
    imported(dump)

    assert not Revision.objects.exists()
    assert post(10).edited_at is None


def test_import_rewrites_links_to_later_posts(dump, imported):
    dump.history(21, 2, "See https://beer.example.com/a/11 and [it](/questions/10/x#11).", UserId=1)
    dump.history(11, 2, "See [later](https://beer.example.com/questions/20/title).", UserId=2)

    imported(dump)

    there = post(11).get_absolute_url()
    assert post(21).source == f"See [Question 10?]({there}) and [it]({there})."
    assert post(11).source == f"See [later]({topic('Question 20?').get_absolute_url()})."


def test_import_describes_tags(dump, imported):
    imported(dump)

    assert Tag.objects.get(name="hops").description == "About hops."
    assert Tag.objects.get(name="dry-hopping").topic_count == 1


def test_import_keeps_badges_as_imported(dump, imported):
    imported(dump)

    badge = Badge.objects.get(slug="imported-great-question")
    assert (badge.name, badge.level, badge.source, badge.series) == (
        "Great Question",
        "gold",
        "imported",
        "imported",
    )
    award = Award.objects.get(badge=badge)
    assert (award.member, award.source, award.awarded_at) == (member(1), "import", at(2020, 1, 5))


def test_import_records_every_event_as_backfill(dump, imported):
    batch = imported(dump)

    found = Event.objects.all()
    assert {(e.source, e.channel, e.backfill) for e in found} == {(batch.event_source, "import", True)}
    names = sorted(e.name for e in found)
    assert names == sorted(
        ["member.registered"] * 3
        + ["topic.created", "question.asked"] * 2
        + ["reply.created"] * 4
        + ["answer.accepted", "question.resolved", "helpful_vote.received"]
        + ["question_vote.received"] * 2
    )


def test_import_records_acceptance_for_the_answerer(dump, imported):
    imported(dump)

    (event,) = events("answer.accepted")
    assert (event.member, event.actor, event.counterpart) == (member(2), member(1), member(1))
    assert event.occurred_at == at(2020, 1, 2, 11)
    assert event.props == {"topic_id": topic().pk, "minutes": 60}


def test_import_gives_no_credit_for_accepting_an_own_answer(tmp_path, imported):
    dump = Dump(tmp_path).user(1).question(1, AcceptedAnswerId=2).answer(2, to=1)

    imported(dump)

    (resolved,) = events("question.resolved")
    assert (list(events("answer.accepted")), resolved.member) == ([], member(1))


def test_import_records_votes_without_voters(dump, imported):
    imported(dump)

    (event,) = events("helpful_vote.received")
    assert (event.member, event.actor, event.counterpart) == (member(2), None, None)
    # Votes have only a date, but no vote event is earlier than the post.
    assert event.occurred_at == at(2020, 1, 2, 11)


def test_import_records_events_of_former_members_without_a_member(dump, imported):
    imported(dump)

    event = Event.objects.get(name="reply.created", object_id=post(12).pk)
    assert (event.member, event.actor, event.actor_role, event.counterpart) == (
        None,
        None,
        "system",
        member(1),
    )


def test_import_sends_no_mail(dump, imported, drained):
    imported(dump)
    drained()

    assert mail.outbox == []


def test_import_report_accounts_for_every_row(dump, imported):
    dump.add("votes", PostId=999, VoteTypeId=2).add("votes", PostId=10, VoteTypeId=5)
    dump.add("comments", Id=6, PostId=999).answer(13, to=999).add("posts", Id=40, PostTypeId=7)
    dump.add("badges", UserId=99, Name="Teacher").history(10, 50, "").add("posts", Id=41, PostTypeId=5)
    dump.user(1, DisplayName="Again").add("users", Id=None).add("users", Id="x")
    dump.question(42, Title="  ").add("links", PostId=10, RelatedPostId=20, LinkTypeId=1)

    batch = imported(dump)

    for table in batch.report["tables"]:
        assert table["read"] == table["imported"] + sum(table["skipped"].values())
    assert skipped(batch, "Votes.xml") == {"its post is not in the dump": 1, "not imported: favourite": 1}
    assert skipped(batch, "Comments.xml") == {"its post is not in the dump": 1}
    assert skipped(batch, "Posts.xml") == {
        "a question without a title": 1,
        "does not describe a tag": 1,
        "its question is not in the dump": 1,
        "posts of type 7 are not imported": 1,
    }
    assert skipped(batch, "Badges.xml") == {"its user is not in the dump": 1}
    assert skipped(batch, "PostHistory.xml") == {"not imported: bumped": 1}
    assert skipped(batch, "PostLinks.xml") == {"recreated from the links in the text": 1}
    assert skipped(batch, "Users.xml") == {
        "Id is not a usable number": 1,
        "no Id": 1,
        "the same Id appears earlier in the file": 1,
    }


def test_import_report_has_remarks(dump, imported):
    dump.question(50, Score=7, AcceptedAnswerId=999, CreationDate="2019-01-01T00:00:00.000")

    batch = imported(dump)

    assert batch.report["remarks"] == [
        "Posts whose score differs from the sum of their votes (the score is kept): 1.",
        "Accepted answers missing from the dump (their questions are imported as open): 1.",
        "Questions and answers without an author (shown as posts by a former member): 1.",
        "Users who posted before their account was created (both times are kept): 1.",
        "Display names shared by several users (their usernames get a number): 1.",
    ]


def test_import_deletes_staged_rows(dump, imported):
    batch = imported(dump)

    assert batch.status == ImportBatch.Status.DONE
    assert not StagedRow.objects.exists()


def test_import_is_idempotent(dump, imported):
    first = imported(dump)
    before = counts()

    second = imported(dump)

    assert counts() == before
    assert second == first
    assert second.report == first.report


def test_import_under_another_name_skips_existing_rows(dump, imported):
    imported(dump)
    before = counts()

    batch = imported(dump, name="again")

    assert counts() == before
    assert sum(table["imported"] for table in batch.report["tables"]) == 0
    assert skipped(batch, "Users.xml") == {"imported earlier": 3}
    assert skipped(batch, "Comments.xml") == {"imported earlier": 1}
    assert skipped(batch, "Votes.xml") == {"its question was imported earlier": 5}


def test_import_of_a_newer_dump_adds_new_rows(tmp_path, dump, imported):
    imported(dump)
    newer = village(tmp_path / "newer").user(4).question(60, OwnerUserId=2)
    newer.answer(61, to=60, OwnerUserId=4).answer(62, to=10, OwnerUserId=4)

    batch = imported(newer, name="newer")

    assert Topic.objects.count() == 3
    assert post(60).author == member(2)
    assert post(61).author == member(4)
    assert skipped(batch, "Posts.xml")["its question was imported earlier"] == 1


def test_import_of_two_sites_with_the_same_ids(tmp_path, dump, imported):
    imported(dump)

    imported(village(tmp_path / "other"), name="other", site="wine.example.com")

    assert Topic.objects.count() == 4
    assert set(Member.objects.values_list("username", flat=True)) == {
        "ann",
        "bob",
        "bob-3",
        "ann-1",
        "bob-2",
        "bob-3-2",
        "former-member",
    }


def test_open_batch_refuses_another_dump_under_the_same_name(tmp_path, dump, imported):
    imported(dump)
    other = village(tmp_path / "other").user(4).write()

    with pytest.raises(imports.ImportRefused, match="The name village is already used"):
        imports.open_batch(other, name="village")


def test_import_without_optional_files(tmp_path, imported):
    folder = Dump(tmp_path).user(1).question(1).write()
    for name in ("Tags.xml", "Badges.xml", "Comments.xml", "PostHistory.xml", "Votes.xml", "PostLinks.xml"):
        (folder / name).unlink()

    batch = imported(folder)

    assert topic("Question 1?").posts.count() == 1
    assert batch.report["remarks"][0] == "Tags.xml is missing."


def counts() -> dict[str, int]:
    models = (Member, Topic, Post, Revision, Tag, Badge, Award, Event, Question, Category, ImportedRow)
    return {model.__name__: model.objects.count() for model in models}


@pytest.mark.parametrize(
    ("body", "has_formulas"),
    [
        (r"<p>Let $\{a\}$ and $x*y*z$ be.</p>", True),
        ("<p>$$x^2$$</p>", True),
        ("<p>It costs $5 and $10.</p>", False),
        ("<p><code>$a_1$</code> and $x$</p>", False),
    ],
)
def test_import_with_formulas_turns_them_on_for_its_category(tmp_path, imported, body, has_formulas):
    dump = Dump(tmp_path)
    dump.user(1)
    dump.question(10, Body=body)
    imported(dump)

    found = post(10)
    assert found.topic.category.formulas == has_formulas
    assert ("<math" in found.html) == has_formulas
