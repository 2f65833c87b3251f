import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils import timezone

from community.forum.models import Post, Topic
from community.forum.services import likes, posts, topics
from community.pages import topic as topic_page
from tests.factories.forum import AnswerFactory, CommentFactory, PostFactory, QuestionFactory, TopicFactory
from tests.factories.members import MemberFactory

from .pages import ids, page, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def post():
    return PostFactory(source="Use tap water.", html="<p>Use tap water.</p>")


def status(post):
    return Post.objects.get(pk=post.pk).status


@pytest.mark.parametrize("act", ["like", "unlike", "up", "edit", "delete"])
def test_comment_without_a_place_is_404(client, log_in, htmx, act):
    comment = CommentFactory(parent__status="pending")
    log_in()

    address = f"/posts/{comment.pk}/{act}/" if act in ("edit", "delete") else "/posts/react/"
    response = client.post(address, {act: comment.pk}, headers=htmx)

    assert response.status_code == 404
    assert not comment.likes.exists()


@pytest.mark.parametrize("which", ["", "menu/", "history/", "comment/", "edit/"])
def test_page_of_a_comment_without_a_place_is_404(client, log_in, which):
    comment = CommentFactory(parent__status="pending")
    log_in(comment.author)

    assert client.get(f"/posts/{comment.pk}/{which}").status_code == 404


def test_post_that_is_not_in_the_page_is_404(rf):
    first, second = PostFactory(), PostFactory()
    request = rf.get("/")
    request.user = AnonymousUser()
    shown = topic_page.part_of(request, first)

    with pytest.raises(Http404):
        topic_page.view_of(shown, second)


def test_part_of_a_topic_that_the_reader_does_not_see_is_404(rf):
    request = rf.get("/")
    request.user = AnonymousUser()

    with pytest.raises(Http404):
        topic_page.part_of(request, PostFactory(topic__status="hidden"))


# Editing


def test_post_edit_in_place(client, log_in, htmx, post):
    log_in(post.author)

    form = client.get(f"/posts/{post.pk}/edit/", headers=htmx)
    saved = client.post(
        f"/posts/{post.pk}/edit/", {"source": "Use *soft* water.", "reason": "clearer"}, headers=htmx
    )

    assert page(form).cssselect("textarea")[0].text.strip() == "Use tap water."
    assert ids(form) == ids(saved) == [post.pk]
    assert texts(saved, ".prose em") == ["soft"]


def test_post_edit_as_a_page(client, log_in, post):
    log_in(post.author)

    assert client.get(f"/posts/{post.pk}/edit/").status_code == 200
    response = client.post(f"/posts/{post.pk}/edit/", {"source": "Use soft water.", "reason": ""})

    assert response.url == f"/p/{post.pk}/"
    assert Post.objects.get(pk=post.pk).source == "Use soft water."


def test_post_edit_of_an_opening_changes_title_and_tags(client, log_in, htmx):
    topic = TopicFactory()
    opening = topic.posts.get()
    log_in(topic.author)
    sent = {"source": "Whole new words.", "title": "A better title", "tags": "water", "reason": ""}

    response = client.post(f"/posts/{opening.pk}/edit/", sent, headers=htmx)

    topic.refresh_from_db()
    assert (topic.title, [tag.name for tag in topic.tags.all()]) == ("A better title", ["water"])
    assert (response.status_code, response["HX-Redirect"]) == (204, topic.get_absolute_url())


@pytest.mark.parametrize("by_htmx", [True, False])
def test_refused_edit_keeps_the_text(client, log_in, htmx, post, by_htmx):
    log_in(post.author)

    response = client.post(f"/posts/{post.pk}/edit/", {"source": "No."}, headers=htmx if by_htmx else {})

    assert response.status_code == 422
    assert page(response).cssselect("textarea")[0].text.strip() == "No."
    assert response["HX-Retarget"] == f"#p{post.pk}"


def test_post_edit_is_refused_to_others_and_after_thirty_days(client, log_in, post):
    old = PostFactory(created_at=timezone.now() - timedelta(days=31))
    visitor = client.get(f"/posts/{post.pk}/edit/").status_code
    log_in()
    other = client.post(f"/posts/{post.pk}/edit/", {"source": "Something else."}).status_code
    log_in(old.author)
    late = client.post(f"/posts/{old.pk}/edit/", {"source": "Something else."}).status_code
    log_in(role="moderator")
    moderator = client.post(f"/posts/{old.pk}/edit/", {"source": "Something else."}).status_code

    assert (visitor, other, late, moderator) == (302, 403, 403, 302)


def test_comment_is_edited_in_place(client, log_in, htmx):
    comment = CommentFactory()
    log_in(comment.author)

    form = client.get(f"/posts/{comment.pk}/edit/", headers=htmx)
    saved = client.post(f"/posts/{comment.pk}/edit/", {"source": "Five minutes.", "reason": ""}, headers=htmx)

    assert len(page(form).cssselect(f"li#p{comment.pk} textarea")) == 1
    assert texts(saved, ".comment .prose") == ["Five minutes."]


def test_cancelling_an_edit_shows_the_post_again(client, log_in, htmx, post):
    log_in(post.author)

    response = client.get(f"/posts/{post.pk}/", headers=htmx)

    assert ids(response) == [post.pk]


# History


def test_history_shows_who_changed_what(client, post):
    editor = MemberFactory(display_name="Ed Itor")
    posts.edit(post, actor=editor, source="Use soft water.", reason="scale")

    response = client.get(f"/posts/{post.pk}/history/")

    assert (texts(response, "del"), texts(response, "ins")) == (["tap"], ["soft"])
    assert "Ed Itor" in texts(response, ".card .meta")[0]
    assert "“scale”" in texts(response, ".card p")


def test_history_of_a_title(client):
    topic = TopicFactory(title="Old title of this")
    topics.edit(topic, actor=topic.author, title="New title of this", tags=[])

    response = client.get(f"/posts/{topic.posts.get().pk}/history/")

    assert (texts(response, "del"), texts(response, "ins")) == (["Old"], ["New"])


def test_history_of_an_unedited_post_shows_a_message(client, post):
    assert texts(client.get(f"/posts/{post.pk}/history/"), ".empty h2") == ["No edits"]


def test_history_escapes_user_input(client, post):
    posts.edit(post, actor=post.author, source="<script>alert(1)</script> and more")

    response = client.get(f"/posts/{post.pk}/history/")

    assert b"<script>alert" not in response.content


@pytest.mark.parametrize("state", ["hidden", "deleted"])
def test_history_of_hidden_posts_is_for_moderators(client, log_in, state):
    gone = PostFactory(status=state)

    visitor = client.get(f"/posts/{gone.pk}/history/").status_code
    log_in(role="moderator")

    assert (visitor, client.get(f"/posts/{gone.pk}/history/").status_code) == (403, 200)


# Deleting and restoring


def test_author_deletes_and_restores(client, log_in, htmx, post):
    log_in(post.author)

    deleted = client.post(f"/posts/{post.pk}/delete/", headers=htmx)
    gone = status(post)
    restored = client.post(f"/posts/{post.pk}/restore/")

    assert texts(deleted, ".stub")[0].startswith("Deleted by the author")
    assert (gone, status(post), restored.url) == ("deleted", "published", f"/p/{post.pk}/")


def test_delete_is_refused_to_others(client, log_in, post):
    visitor = client.post(f"/posts/{post.pk}/delete/").status_code
    log_in()
    other = client.post(f"/posts/{post.pk}/delete/").status_code
    get = client.get(f"/posts/{post.pk}/delete/").status_code

    assert (visitor, other, get, status(post)) == (302, 403, 405, "published")


def test_author_cannot_restore_what_a_moderator_deleted(client, log_in, post):
    posts.delete(post, actor=MemberFactory(role="moderator"))
    log_in(post.author)

    assert client.post(f"/posts/{post.pk}/restore/").status_code == 403
    assert status(post) == "deleted"


def test_author_can_delete_only_topics_without_replies(client, log_in):
    alone, answered = TopicFactory(), PostFactory().topic
    log_in(alone.author)
    first = client.post(f"/posts/{alone.posts.get().pk}/delete/")
    log_in(answered.author)
    second = client.post(f"/posts/{answered.posts.get(number=1).pk}/delete/")

    assert (first.url, second.status_code) == (alone.category.get_absolute_url(), 403)
    assert [Topic.objects.get(pk=t.pk).status for t in (alone, answered)] == ["deleted", "published"]


def test_moderator_deletes_a_topic_and_stays_on_its_page(client, log_in, htmx):
    topic = PostFactory().topic
    opening = topic.posts.get(number=1)
    log_in(role="moderator")

    deleted = client.post(f"/posts/{opening.pk}/delete/", {"reason": "spam"})
    restored = client.post(f"/posts/{opening.pk}/restore/", headers=htmx)

    assert deleted.url == topic.get_absolute_url()
    assert restored["HX-Redirect"] == topic.get_absolute_url()
    assert Topic.objects.get(pk=topic.pk).status == "published"


def test_author_cannot_delete_a_hidden_post(client, log_in):
    hidden = PostFactory(status="hidden")
    log_in(hidden.author)

    assert client.post(f"/posts/{hidden.pk}/delete/").status_code == 403


# Likes


def test_like_and_unlike_by_htmx_return_the_button(client, log_in, htmx, post):
    log_in()

    liked = client.post("/posts/react/", {"like": post.pk}, headers=htmx)
    unliked = client.post("/posts/react/", {"unlike": post.pk}, headers=htmx)

    buttons = [page(response).cssselect("button")[0] for response in (liked, unliked)]
    assert [button.get("aria-pressed") for button in buttons] == ["true", "false"]
    assert [button.text_content().strip() for button in buttons] == ["1", ""]


def test_like_as_a_plain_form_redirects_to_the_post(client, log_in, post):
    log_in()

    response = client.post("/posts/react/", {"like": post.pk})

    assert (response.url, Post.objects.get(pk=post.pk).like_count) == (f"/p/{post.pk}/", 1)


def test_like_is_refused_to_visitors_authors_and_for_hidden_topics(client, log_in, post):
    visitor = client.post("/posts/react/", {"like": post.pk}).status_code
    log_in()
    hidden = client.post("/posts/react/", {"like": PostFactory(topic__status="hidden").pk}).status_code
    log_in(post.author)
    own = client.post("/posts/react/", {"like": post.pk})

    assert (visitor, hidden, own.status_code) == (302, 404, 403)
    assert "You cannot like your own posts." in own.content.decode()


def test_visitor_sees_the_number_of_likes(client, post):
    likes.add(post, member=MemberFactory())

    assert texts(client.get(post.topic.get_absolute_url()), ".likes") == ["1 like"]


def test_reason_for_deleting_is_stored_without_nul(client, log_in, post):
    log_in(post.author)

    response = client.post(f"/posts/{post.pk}/delete/", {"reason": "a\x00b"})

    post.refresh_from_db()
    assert response.status_code == 302
    assert (post.status, post.status_reason) == ("deleted", "ab")


@pytest.mark.parametrize("way", ["htmx", "plain"])
def test_an_edit_of_an_older_version_shows_the_difference_before_it_is_saved(client, log_in, htmx, way):
    post = AnswerFactory(source="Change the gasket.")
    author, moderator = post.author, MemberFactory(role="moderator", display_name="Mira Lund")
    log_in(author)
    headers = htmx if way == "htmx" else {}
    address = f"/posts/{post.pk}/edit/"
    opened = page(client.get(address, headers=headers)).cssselect("form[data-draft]")[0]
    mine = {"source": "Change the valve.", "version": opened.fields["version"]}
    posts.edit(post, actor=moderator, source="Change the brown gasket.")

    refused = client.post(address, mine, headers=headers)
    (form,) = page(refused).cssselect("form[data-draft]")
    unchanged = Post.objects.get(pk=post.pk).source
    again = client.post(address, mine | {"version": form.fields["version"]}, headers=headers)

    assert (refused.status_code, unchanged) == (422, "Change the brown gasket.")
    assert texts(refused, "form[data-draft] [role=alert]") == [
        "Mira Lund edited this post while you were writing. Compare the two versions, then save yours or keep theirs."
    ]
    assert (texts(refused, "form del"), texts(refused, "form ins")) == (["brown gasket"], ["valve"])
    assert (again.status_code, Post.objects.get(pk=post.pk).source) == (
        200 if way == "htmx" else 302,
        "Change the valve.",
    )


def test_the_same_edit_sent_twice_is_saved_once(client, log_in):
    opening = QuestionFactory(title="Why does it drip?").posts.get()
    log_in(opening.author)
    address = f"/posts/{opening.pk}/edit/"
    form = page(client.get(address)).cssselect("form[data-draft]")[0]
    typed = dict(form.form_values()) | {"title": "Why does my machine drip?", "tags": "water, pump"}
    typed["source"] = "It drips all day long."

    responses = [client.post(address, typed).status_code for _ in range(2)]
    other_title = client.post(address, typed | {"title": "Where does it drip?"})

    assert responses == [302, 302]
    assert other_title.status_code == 422
    assert texts(other_title, "form ins") == ["Where", "it"]
    assert Topic.objects.get(pk=opening.topic_id).title == "Why does my machine drip?"


@pytest.mark.parametrize(
    ("act", "message"),
    [
        ("delete", "The post was deleted."),
        ("accept", "The answer is accepted."),
        ("official", "The answer is marked as official."),
        ("edit", "Your changes are saved."),
    ],
)
def test_responses_tell_scripts_what_changed_and_where(client, log_in, htmx, act, message):
    post = AnswerFactory(source="Change the gasket.")
    log_in(role="moderator")
    typed = {"edit": {"source": "Change the valve."}}.get(act, {})

    response = client.post(f"/posts/{post.pk}/{act}/", typed, headers=htmx)

    assert json.loads(response["HX-Trigger-After-Settle"]) == {
        "changed": {"focus": f"#p{post.pk}", "message": message}
    }


@pytest.mark.parametrize(
    ("reaction", "message"), [("like", "1 like"), ("up", "1 vote"), ("down", "-1 votes")]
)
def test_responses_tell_scripts_the_new_number(client, log_in, htmx, reaction, message):
    post = AnswerFactory()
    log_in()

    response = client.post("/posts/react/", {reaction: post.pk}, headers=htmx)

    assert json.loads(response["HX-Trigger-After-Settle"]) == {"changed": {"focus": "", "message": message}}
