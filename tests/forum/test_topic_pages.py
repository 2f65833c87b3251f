import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from community.core.pagination import PER_PAGE
from community.forum.models import ReadState, Topic
from community.forum.services import read_states
from tests.factories.forum import (
    AnswerFactory,
    CategoryFactory,
    CommentFactory,
    PostFactory,
    QuestionFactory,
    TopicFactory,
)
from tests.factories.members import MemberFactory

from .pages import ids, page, texts

pytestmark = pytest.mark.django_db


def test_discussion_is_in_chronological_order(client):
    topic = TopicFactory()
    replies = PostFactory.create_batch(3, topic=topic)

    response = client.get(topic.get_absolute_url())

    assert ids(response) == [topic.posts.get(number=1).pk, *(reply.pk for reply in replies)]


def test_question_shows_the_accepted_answer_first_then_the_best(client):
    question = QuestionFactory()
    plain = AnswerFactory(topic=question)
    liked = AnswerFactory(topic=question, score=5)
    accepted = AnswerFactory(topic=question, score=2, is_accepted=True)

    response = client.get(question.get_absolute_url())

    assert ids(response) == [question.posts.get(number=1).pk, accepted.pk, liked.pk, plain.pk]


def test_solved_question_links_to_its_answer(client):
    from community.qa.services import accept_answer

    answer = AnswerFactory(author__display_name="Bo Summer")
    AnswerFactory.create_batch(20, topic=answer.topic)
    accept_answer(answer, actor=answer.topic.author)

    first, second = (client.get(f"{answer.topic.get_absolute_url()}?page={number}") for number in (1, 2))

    links = [page(response).cssselect(".topic-head a.solved-by") for response in (first, second)]
    assert [[a.get("href") for a in found] for found in links] == [[f"#p{answer.pk}"], [f"/p/{answer.pk}/"]]
    assert texts(first, ".solved-by") == ["Solved by Bo Summer Jump to the answer"]
    assert texts(first, ".post[data-accepted] > .accepted-mark:first-child")[0].startswith(
        "Accepted answer by the asker"
    )


def test_question_is_solved_by_the_name_that_an_imported_answer_shows(client):
    from community.qa.services import accept_answer

    answer = AnswerFactory(byline="An old hand")
    accept_answer(answer, actor=answer.topic.author)

    assert texts(client.get(answer.topic.get_absolute_url()), ".solved-by") == [
        "Solved by An old hand Jump to the answer"
    ]


def test_posts_show_the_role_or_standing_and_the_accepted_answers_of_their_author(client):
    topic = TopicFactory()
    customer = {"author__customer_since": date(2024, 3, 1)}
    people = [
        PostFactory(topic=topic, author__role="support", author__accepted_answers=12, **customer),
        PostFactory(topic=topic, author__shows_customer=True, author__accepted_answers=1, **customer),
        PostFactory(topic=topic, **customer),
        PostFactory(topic=topic, author__shows_customer=True),
    ]

    response = client.get(topic.get_absolute_url())

    shown = [
        (texts(response, f"#p{post.pk} .role"), texts(response, f"#p{post.pk} .meta span")) for post in people
    ]
    assert shown == [
        (["Support"], ["12 accepted answers"]),
        (["Customer since 2024"], ["1 accepted answer"]),
        ([], []),
        ([], []),
    ]


def test_nothing_takes_the_place_of_similar_topics_if_there_are_none(client):
    topic = TopicFactory(title="Grinder makes a loud noise")

    response = client.get(f"/topics/{topic.pk}/similar/")

    assert response.status_code == 200
    assert response.text.strip() == ""


def test_comments_are_shown_under_their_post(client):
    comment = CommentFactory(html="<p>Under the answer.</p>")

    response = client.get(comment.topic.get_absolute_url())

    assert texts(response, f"#p{comment.parent_id} .comment .prose") == ["Under the answer."]
    assert comment.pk not in ids(response)


def test_a_page_has_twenty_posts_not_counting_comments(client):
    topic = TopicFactory()
    replies = PostFactory.create_batch(21, topic=topic)
    CommentFactory(parent=replies[0], topic=topic)

    first, second = (client.get(f"{topic.get_absolute_url()}?page={n}") for n in (1, 2))

    assert (len(ids(first)), ids(second)) == (20, [reply.pk for reply in replies[19:]])
    assert len(page(first).cssselect(".comment")) == 1


@pytest.mark.parametrize("kind", ["discussion", "question"])
def test_permalink_redirects_to_the_posts_page(client, kind):
    topic = TopicFactory(kind=kind)
    PostFactory.create_batch(30, topic=topic, kind="answer" if kind == "question" else "reply")
    best = PostFactory(topic=topic, kind="answer", score=9)
    best.topic.refresh_from_db()
    comment = CommentFactory(parent=best, topic=best.topic)

    for post in [*topic.posts.all(), comment]:
        address = client.get(f"/p/{post.pk}/").url
        shown, _, anchor = address.partition("#")
        response = client.get(shown)
        assert anchor == f"p{post.pk}"
        assert len(page(response).cssselect(f"#{anchor}")) == 1


def test_permalink_of_a_hidden_post_is_404(client):
    hidden = PostFactory(topic__category=CategoryFactory(groups=[Group.objects.create(name="owners")]))
    waiting = PostFactory(status="pending")

    assert client.get(f"/p/{hidden.pk}/").status_code == 404
    assert client.get(f"/p/{waiting.pk}/").status_code == 404


@pytest.mark.parametrize("status", ["pending", "hidden", "deleted"])
def test_unpublished_topic_is_visible_to_author_and_moderators_only(client, log_in, status):
    topic = TopicFactory(status=status)
    seen = {"visitor": client.get(topic.get_absolute_url()).status_code}

    log_in()
    seen["member"] = client.get(topic.get_absolute_url()).status_code
    log_in(topic.author)
    seen["author"] = client.get(topic.get_absolute_url()).status_code
    log_in(role="moderator")
    seen["moderator"] = client.get(topic.get_absolute_url()).status_code

    own = 404 if status == "deleted" else 200
    assert seen == {"visitor": 404, "member": 404, "author": own, "moderator": 200}


def test_pending_question_says_when_others_can_answer(client, log_in):
    question = QuestionFactory(status="pending")
    log_in(question.author)

    html = client.get(question.get_absolute_url()).content.decode()

    assert "Others can answer once a moderator has approved this question." in html
    assert "Nobody has answered yet." not in html


def test_topic_of_a_private_category_is_404_for_others(client, log_in):
    group = Group.objects.create(name="owners")
    topic = TopicFactory(category=CategoryFactory(groups=[group]))
    log_in()
    outside = client.get(topic.get_absolute_url()).status_code
    log_in(MemberFactory(groups=[group]))

    assert (outside, client.get(topic.get_absolute_url()).status_code) == (404, 200)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [("deleted", "Deleted by a moderator"), ("hidden", "This post is hidden while moderators review it.")],
)
def test_removed_post_leaves_a_stub(client, status, sentence):
    moderator = MemberFactory(role="moderator")
    gone = PostFactory(
        status=status, html="<p>unspeakable</p>", deleted_at=timezone.now(), deleted_by=moderator
    )

    response = client.get(gone.topic.get_absolute_url())

    assert "unspeakable" not in response.content.decode()
    assert texts(response, f"#p{gone.pk} .stub")[0].startswith(sentence)


def test_pending_reply_is_visible_to_author_and_moderators_only(client, log_in):
    waiting = PostFactory(status="pending")
    address = waiting.topic.get_absolute_url()

    visitor = waiting.pk in ids(client.get(address))
    log_in()
    member = waiting.pk in ids(client.get(address))
    log_in(waiting.author)
    author = waiting.pk in ids(client.get(address))
    log_in(role="manager")
    manager = waiting.pk in ids(client.get(address))

    assert (visitor, member, author, manager) == (False, False, True, True)


def test_wrong_slug_redirects_to_the_right_one(client):
    topic = TopicFactory(slug="right-words")

    response = client.get(f"/t/{topic.pk}/wrong-words/?page=1")

    assert (response.status_code, response.url) == (301, f"/t/{topic.pk}/right-words/?page=1")


def test_short_url_redirects_to_the_full_one(client):
    topic = TopicFactory()

    response = client.get(f"/t/{topic.pk}/?page=2")

    assert (response.status_code, response.url) == (301, f"{topic.get_absolute_url()}?page=2")


def test_merged_topic_redirects_to_its_target(client, log_in):
    last = TopicFactory()
    middle = TopicFactory(status="deleted", merged_into=last)
    first = TopicFactory(status="deleted", merged_into=middle)

    visitor = client.get(first.get_absolute_url())
    log_in(role="moderator")
    moderator = client.get(f"/t/{first.pk}/")

    assert (visitor.status_code, visitor.url) == (301, last.get_absolute_url())
    assert (moderator.status_code, moderator.url) == (301, last.get_absolute_url())


def test_topic_merged_into_a_private_one_is_404(client):
    secret = TopicFactory(category=CategoryFactory(groups=[Group.objects.create(name="owners")]))
    merged = TopicFactory(status="deleted", merged_into=secret)

    assert client.get(merged.get_absolute_url()).status_code == 404


def test_reading_a_page_saves_the_read_state(client, log_in):
    member = log_in()
    topic = TopicFactory()
    PostFactory.create_batch(2, topic=topic)

    client.get(topic.get_absolute_url())

    assert ReadState.objects.get(topic=topic, member=member).last_read_number == 3


def test_first_page_of_a_long_topic_marks_only_that_page_as_read(client, log_in):
    member = log_in()
    topic = TopicFactory()
    PostFactory.create_batch(30, topic=topic)

    client.get(topic.get_absolute_url())

    assert ReadState.objects.get(topic=topic, member=member).last_read_number == 20


def test_new_posts_are_marked_and_can_be_jumped_to(client, log_in):
    log_in()
    topic = TopicFactory()
    client.get(topic.get_absolute_url())
    new = PostFactory(topic=topic)
    cache.clear()  # factories do not invalidate caches

    response = client.get(topic.get_absolute_url())

    assert texts(response, f"#p{new.pk} header .chip") == ["new"]
    assert [a.get("href") for a in page(response).cssselect(".topic-head .button")] == [f"#p{new.pk}"]


def test_unread_redirects_to_the_first_unread_post_by_another(client, log_in):
    member = log_in()
    topic = TopicFactory()
    client.get(topic.get_absolute_url())
    PostFactory(topic=topic, author=member)
    PostFactory(topic=topic, status="deleted")
    first = PostFactory(topic=topic)
    PostFactory.create_batch(25, topic=topic)

    response = client.get(f"/topics/{topic.pk}/unread/")

    assert response.url == f"{topic.get_absolute_url()}#p{first.pk}"


def test_unread_redirects_to_the_last_post_when_all_is_read(client, log_in):
    log_in()
    last = PostFactory()
    client.get(last.topic.get_absolute_url())

    response = client.get(f"/topics/{last.topic.pk}/unread/?after=99")

    assert response.url == f"{last.topic.get_absolute_url()}#p{last.pk}"


@pytest.fixture
def comment():
    """A published comment on an answer that waits for approval, in a topic with another answer before it."""
    topic = QuestionFactory()
    AnswerFactory(topic=topic)
    return CommentFactory(parent=AnswerFactory(topic=topic, status="pending"), topic=topic)


@pytest.mark.parametrize(("who", "reads_it"), [("member", False), ("author", True), ("moderator", True)])
def test_comment_on_an_unapproved_post_is_unread_for_those_who_read_it(
    client, log_in, comment, who, reads_it
):
    log_in(
        comment.parent.author if who == "author" else MemberFactory(role=who if who == "moderator" else "")
    )
    topic = comment.topic
    client.get(topic.get_absolute_url())
    ReadState.objects.update(last_read_number=comment.number - 1)

    assert texts(client.get("/latest/"), "a.unread") == (["1 unread"] if reads_it else [])
    first = comment if reads_it else topic.posts.get(number=2)
    assert client.get(f"/topics/{topic.pk}/unread/").url == f"{topic.get_absolute_url()}#p{first.pk}"
    assert jumps(client.get(topic.get_absolute_url())) == ([f"#p{comment.pk}"] if reads_it else [])


def test_later_pages_are_no_reason_to_jump_to_what_the_reader_does_not_see(client, log_in, comment):
    topic = comment.topic
    AnswerFactory.create_batch(PER_PAGE, topic=topic)
    last = CommentFactory(parent=comment.parent, topic=topic)
    member, moderator = MemberFactory(), MemberFactory(role="moderator")
    for reader in (member, moderator):
        read_states.mark_read(topic, member=reader, number=last.number - 1)

    found = []
    for reader in (member, moderator):
        log_in(reader)
        found.append(jumps(client.get(f"{topic.get_absolute_url()}?page=2")))

    assert found == [[], [f"/topics/{topic.pk}/unread/?after={last.number - 1}"]]


def jumps(response):
    return [a.get("href") for a in page(response).cssselect(".topic-head p > a.button")]


def test_closed_topic_shows_who_and_why(client):
    closer = MemberFactory(display_name="Mo Derator")
    topic = TopicFactory(closed_at=timezone.now(), closed_by=closer, close_reason="answered elsewhere")

    sentence = texts(client.get(topic.get_absolute_url()), "main .alert")[0]
    assert re.fullmatch(r"Closed \d+ \w+ \d{4}, \d\d:\d\d by Mo Derator: answered elsewhere", sentence)


def test_visitor_sees_an_invitation_to_join_and_no_forms(client):
    response = client.get(QuestionFactory().get_absolute_url())

    assert texts(response, "#reply h2") == ["Do you know the answer?"]
    assert page(response).cssselect("main form, main button") == []
    assert response.cookies == {}


def test_member_gets_a_reply_form_and_no_moderation(client, log_in):
    log_in()

    response = client.get(TopicFactory().get_absolute_url())

    assert len(page(response).cssselect("#reply-form")) == 1
    assert page(response).cssselect(".moderate") == []


def test_moderator_gets_moderation_controls(client, log_in):
    log_in(role="moderator")

    assert len(page(client.get(TopicFactory().get_absolute_url())).cssselect(".moderate")) == 1


def test_similar_topics_are_found_without_the_topic_itself(client):
    topic = TopicFactory(title="Grinder makes a loud noise")
    other = TopicFactory(title="Loud noise from the grinder")

    response = client.get(f"/topics/{topic.pk}/similar/")

    assert texts(response, ".similar a") == [other.title]


@pytest.mark.parametrize(("who", "most"), [("visitor", 5), ("member", 9), ("moderator", 11)])
def test_topic_page_is_cheap_and_costs_the_same_for_many_posts(client, log_in, settings, who, most):
    settings.PAGE_CACHE_SECONDS = 0
    if who != "visitor":
        # A customer, since new members cause extra queries.
        log_in(role="moderator" if who == "moderator" else "", customer_since=date(2026, 1, 1))
    topic = QuestionFactory(created_at=timezone.now() - timedelta(days=1))
    answer = AnswerFactory(topic=topic)
    CommentFactory(parent=answer, topic=topic)
    client.get(topic.get_absolute_url())

    few = statements(client, topic)
    for post in AnswerFactory.create_batch(8, topic=topic):
        CommentFactory(parent=post, topic=topic)
    client.get(topic.get_absolute_url())
    many = statements(client, topic)

    assert len(many) == len(few)
    assert len(few) <= most, "\n".join(few)


def statements(client, topic):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(Topic.objects.get(pk=topic.pk).get_absolute_url()).status_code == 200
    return [query["sql"] for query in queries][1:]
