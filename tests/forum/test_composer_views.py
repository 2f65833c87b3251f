import pytest
from django.contrib.auth.models import Group

from community.forum.models import Post, Topic
from community.forum.screening import Verdict
from community.forum.services import posts
from community.moderation.services import sanctions
from tests.factories.forum import (
    AnswerFactory,
    CategoryFactory,
    CommentFactory,
    PostFactory,
    QuestionFactory,
    TopicFactory,
)
from tests.factories.members import GuidelinesFactory, MemberFactory

from .pages import ids, page, texts

pytestmark = pytest.mark.django_db

WORDS = "My machine is **loud** in the morning."


def typed(where, **changes):
    return {
        "category": where.pk,
        "kind": "question",
        "title": "Why is my machine so loud?",
        "source": WORDS,
        "tags": "noise, Aurora 2",
        **changes,
    }


def test_topic_create_creates_the_topic_and_redirects(client, log_in):
    member = log_in()
    category = CategoryFactory(kind="qa")

    response = client.post("/new/", typed(category))

    topic = Topic.objects.get()
    assert (response.status_code, response.url) == (302, topic.get_absolute_url())
    assert (topic.author, topic.category, topic.kind) == (member, category, "question")
    assert [tag.name for tag in topic.tags.all()] == ["aurora-2", "noise"]
    assert topic.posts.get().source == WORDS
    assert response.cookies["posted"].value == "topic"


def test_topic_create_posts_nothing_for_visitors(client):
    assert client.post("/new/", typed(CategoryFactory())).status_code == 302
    assert Topic.objects.count() == 0


def test_topic_create_is_prefilled_from_the_query_string(client, log_in):
    log_in()
    category = CategoryFactory(kind="ideas", slug="ideas")

    response = client.get("/new/?category=ideas&title=An+idea+of+mine")

    chosen = page(response).cssselect("select[name=category] option[selected]")
    assert [option.get("value") for option in chosen] == [str(category.pk)]
    assert [radio.get("value") for radio in page(response).cssselect("[name=kind][checked]")] == ["idea"]
    assert page(response).cssselect("[name=title]")[0].get("value") == "An idea of mine"


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": "Short?"}, "title", "Use at least 10 characters so that others can find your topic."),
        ({"title": "Just a title", "kind": "discussion"}, "title", "Use at least 15 characters"),
        ({"title": ""}, "title", "This field is required."),
        ({"source": "  short  "}, "source", "Add at least 5 more characters."),
        ({"source": "x" * 32_001}, "source", "at most 32000 characters (it has 32001)"),
        ({"tags": "a,b,c,d,e,f"}, "tags", "Use at most 5 tags."),
        ({"kind": "idea"}, "kind", "only accepts these types: question, discussion."),
        ({"category": ""}, "category", "This field is required."),
    ],
)
def test_refused_topic_keeps_everything_typed(client, log_in, changes, field, sentence):
    log_in()
    sent = typed(CategoryFactory(kind="qa"), **changes)

    response = client.post("/new/", sent)

    assert response.status_code == 422
    assert sentence in " ".join(texts(response, f".field:has([name={field}]) .errorlist"))
    form = page(response).cssselect("form[action='/new/']")[0]
    assert (form.fields["title"] or "") == sent["title"]
    assert form.fields["source"].lstrip("\n") == sent["source"]
    assert form.fields["tags"] == sent["tags"]
    assert Topic.objects.count() == 0


def test_topic_create_in_a_private_category_is_refused(client, log_in):
    log_in()
    secret = CategoryFactory(kind="qa", groups=[Group.objects.create(name="owners")])

    assert client.post("/new/", typed(secret)).status_code == 422
    assert Topic.objects.count() == 0


def test_only_staff_can_announce(client, log_in):
    category = CategoryFactory(kind="forum")
    log_in()
    member = client.post("/new/", typed(category, kind="announcement", title="Big news for everyone"))
    log_in(role="product")
    staff = client.post("/new/", typed(category, kind="announcement", title="Big news for everyone"))

    assert (member.status_code, staff.status_code) == (422, 302)


def test_without_a_category_the_composer_shows_a_message(client, log_in):
    log_in()

    assert texts(client.get("/new/"), ".empty h2") == ["You cannot start a topic"]


def test_a_refused_post_shows_the_screeners_sentence(client, log_in, screener):
    log_in()
    screener(Verdict(refuse=True, sentence="Three topics on the first day are enough."))

    response = client.post("/new/", typed(CategoryFactory(kind="qa")))

    assert response.status_code == 422
    assert texts(response, "main form [role=alert]") == ["Three topics on the first day are enough."]
    assert page(response).cssselect("form[action='/new/']")[0].fields["source"].lstrip("\n") == WORDS


def test_held_topic_is_shown_to_its_author_with_a_message(client, log_in, screener):
    log_in()
    screener(Verdict(hold=True, sentence="First posts are looked at."))

    response = client.post("/new/", typed(CategoryFactory(kind="qa")), follow=True)

    assert response.status_code == 200
    assert "Waiting for approval. A moderator will review your post soon." in " ".join(
        texts(response, ".messages")
    )
    assert "Waiting for approval." in " ".join(texts(response, "article .alert"))


def test_posting_requires_the_new_guidelines_and_keeps_the_text(client, log_in):
    log_in()
    GuidelinesFactory(version=2)

    response = client.post("/new/", typed(CategoryFactory(kind="qa")))

    assert response.status_code == 422
    assert "read and agree to our guidelines" in texts(response, "main form [role=alert]")[0]
    assert page(response).cssselect("form[action='/new/']")[0].fields["source"].lstrip("\n") == WORDS


def test_preview_without_script_shows_and_posts_nothing(client, log_in):
    log_in()

    response = client.post("/new/", typed(CategoryFactory(kind="qa"), preview="1"))

    assert response.status_code == 200
    assert texts(response, ".preview strong") == ["loud"]
    assert page(response).cssselect("form[action='/new/']")[0].fields["source"].lstrip("\n") == WORDS
    assert Topic.objects.count() == 0


def test_preview_renders_as_the_post_will(client, log_in):
    log_in()

    response = client.post("/new/preview/", {"source": "A | B\n--|--\n1 | 2\n\n<script>alert(1)</script>"})

    assert texts(response, "td") == ["1", "2"]
    assert page(response).cssselect("script") == []


def test_preview_requires_a_log_in_and_post(client, log_in):
    visitor = client.post("/new/preview/", {"source": "x"}).status_code
    log_in()

    assert (visitor, client.get("/new/preview/").status_code) == (302, 405)


def test_reply_redirects_to_the_new_post(client, log_in):
    member = log_in()
    topic = TopicFactory()

    response = client.post(f"/topics/{topic.pk}/reply/", {"source": "I think so too, really."})

    reply = topic.posts.get(kind="reply")
    assert (response.url, reply.author, reply.source) == (
        f"/p/{reply.pk}/",
        member,
        "I think so too, really.",
    )
    assert response.cookies["posted"].value == f"reply:{topic.pk}"


def test_reply_by_htmx_appends_the_post_and_empties_the_form(client, log_in, htmx):
    log_in()
    topic = TopicFactory()

    response = client.post(f"/topics/{topic.pk}/reply/", {"source": "I think so too, really."}, headers=htmx)

    assert response.status_code == 200
    assert ids(response) == [topic.posts.get(kind="reply").pk]
    assert page(response).cssselect("form")[0].fields["source"].strip() == ""


def test_answer_by_htmx_updates_the_answer_count(client, log_in, htmx):
    log_in()
    question = QuestionFactory()
    heads = []

    for words in ("Clean it and try again.", "Or give it to somebody who can."):
        response = client.post(f"/topics/{question.pk}/reply/", {"source": words}, headers=htmx)
        heads += texts(response, "#after-opening[hx-swap-oob] h2")

    assert heads == ["1 answer", "2 answers"]
    assert page(response).cssselect("#after-opening .empty") == []


def test_a_page_of_a_topic_swaps_nothing_out_of_band(client):
    response = client.get(PostFactory().topic.get_absolute_url())

    assert len(page(response).cssselect("#after-opening")) == 1
    assert page(response).cssselect("[hx-swap-oob]") == []


def test_reply_to_a_question_is_an_answer(client, log_in):
    log_in()
    question = QuestionFactory()

    client.post(f"/topics/{question.pk}/reply/", {"source": "Clean it and try again."})

    assert question.posts.get(number=2).kind == Post.Kind.ANSWER


def test_reply_to_a_post_names_it(client, log_in):
    log_in()
    earlier = PostFactory()

    client.post(f"/topics/{earlier.topic.pk}/reply/", {"source": "I agree with you.", "parent": earlier.pk})

    assert earlier.topic.posts.get(number=3).parent == earlier


def test_reply_to_a_post_of_another_topic_names_nobody(client, log_in):
    log_in()
    topic = TopicFactory()

    client.post(f"/topics/{topic.pk}/reply/", {"source": "I agree with you.", "parent": PostFactory().pk})

    assert topic.posts.get(number=2).parent is None


@pytest.mark.parametrize("by_htmx", [True, False])
def test_refused_reply_keeps_the_text(client, log_in, htmx, by_htmx):
    log_in()
    topic = TopicFactory()

    response = client.post(f"/topics/{topic.pk}/reply/", {"source": "No."}, headers=htmx if by_htmx else {})

    assert response.status_code == 422
    assert page(response).cssselect("#reply-form textarea")[0].text.strip() == "No."
    assert ("HX-Retarget" in response, len(page(response).cssselect("header.site-header"))) == (
        True,
        0 if by_htmx else 1,
    )
    assert topic.posts.count() == 1


def test_reply_requires_a_log_in(client):
    topic = TopicFactory()

    response = client.post(f"/topics/{topic.pk}/reply/", {"source": "Let me in, please."})

    assert response.status_code == 302
    assert topic.posts.count() == 1


def test_reply_to_a_closed_topic_is_refused(client, log_in):
    from django.utils import timezone

    log_in()
    topic = TopicFactory(closed_at=timezone.now())

    response = client.post(f"/topics/{topic.pk}/reply/", {"source": "One last thing, please."})

    assert response.status_code == 403
    assert "closed" in response.content.decode()


def test_reply_without_the_group_is_refused(client, log_in):
    group = Group.objects.create(name="partners")
    topic = TopicFactory()
    topic.category.reply_by = "groups"
    topic.category.save()
    topic.category.reply_groups.add(group)
    log_in()
    outsider = client.post(f"/topics/{topic.pk}/reply/", {"source": "May I say something?"})
    log_in(MemberFactory(groups=[group]))
    partner = client.post(f"/topics/{topic.pk}/reply/", {"source": "May I say something?"})

    assert (outsider.status_code, partner.status_code) == (403, 302)


def test_reply_to_a_hidden_topic_is_404(client, log_in):
    log_in()
    topic = TopicFactory(status="hidden")

    assert client.post(f"/topics/{topic.pk}/reply/", {"source": "Hello in there."}).status_code == 404


def test_comment_belongs_to_its_post(client, log_in):
    log_in()
    answer = AnswerFactory()

    response = client.post(f"/posts/{answer.pk}/comment/", {"source": "How long?"})

    comment = answer.topic.posts.get(kind="comment")
    assert (comment.parent, response.url) == (answer, f"/p/{comment.pk}/")


def test_comment_by_htmx_returns_the_post_with_its_comments(client, log_in, htmx):
    log_in()
    earlier = CommentFactory()

    response = client.post(f"/posts/{earlier.parent_id}/comment/", {"source": "Me too!"}, headers=htmx)

    assert ids(response) == [earlier.parent_id]
    assert texts(response, ".comment .prose") == [earlier.source, "Me too!"]


def test_comment_form_is_a_page_of_its_own_without_script(client, log_in, htmx):
    log_in()
    answer = AnswerFactory()

    plain = client.get(f"/posts/{answer.pk}/comment/")
    by_htmx = client.get(f"/posts/{answer.pk}/comment/", headers=htmx)

    assert len(page(plain).cssselect("header.site-header")) == 1
    assert page(by_htmx).cssselect("header.site-header") == []


def test_too_long_comment_shows_an_error(client, log_in, htmx):
    log_in()
    answer = AnswerFactory()

    response = client.post(f"/posts/{answer.pk}/comment/", {"source": "x" * 1001}, headers=htmx)

    assert response.status_code == 422
    assert page(response).cssselect("textarea")[0].text.strip() == "x" * 1001


@pytest.mark.parametrize("status", ["pending", "hidden", "deleted"])
@pytest.mark.parametrize("whose", ["author", "moderator"])
def test_comment_on_an_unpublished_post_is_refused(client, log_in, status, whose):
    answer = AnswerFactory(status=status)
    log_in(answer.author) if whose == "author" else log_in(role="moderator")
    address = f"/posts/{answer.pk}/comment/"

    asked, sent = client.get(address), client.post(address, {"source": "Too late?"})

    for response in (asked, sent):
        assert response.status_code == 403
        assert "You can only comment on published posts." in response.content.decode()
    assert not answer.replies.exists()
    assert f'{address}"' not in client.get(answer.topic.get_absolute_url()).content.decode()


def test_similar_topics_are_offered_while_typing(client, log_in):
    log_in()
    topic = QuestionFactory(title="Grinder makes a loud noise")
    QuestionFactory(title="Grinder makes a loud noise too", category=CategoryFactory(groups=[]))

    response = client.get("/new/similar/", {"title": "my grinder makes noise"})

    assert texts(response, ".similar li > a") == [topic.title]


def test_no_similar_topics_shows_nothing(client, log_in):
    log_in()

    assert client.get("/new/similar/", {"title": "zz"}).content.strip() == b""


def test_mentions_suggest_participants_first(client, log_in):
    log_in()
    MemberFactory(username="anna1", display_name="Anna One")
    present = MemberFactory(username="anna2", display_name="Anna Two")
    MemberFactory(username="annagone", is_active=False)
    topic = TopicFactory(author=present)

    response = client.get("/new/mentions/", {"q": "ann", "topic": topic.pk})

    assert response.json() == {
        "people": [
            {"username": "anna2", "name": "Anna Two"},
            {"username": "anna1", "name": "Anna One"},
        ]
    }


def test_mentions_suggest_no_suspended_members(client, log_in):
    log_in()
    spammer = MemberFactory(username="anna1")
    topic = TopicFactory(author=spammer)
    sanctions.impose(
        spammer, actor=MemberFactory(role="manager"), kind="suspension", rule="spam", reason="Spam"
    )

    found = [client.get("/new/mentions/", {"q": typed, "topic": topic.pk}).json() for typed in ("", "ann")]

    assert found == [{"people": []}] * 2


def test_mentions_do_not_reveal_participants_of_hidden_topics(client, log_in):
    log_in()
    present = MemberFactory(username="anna")
    topic = TopicFactory(author=present, category=CategoryFactory(groups=[Group.objects.create(name="x")]))

    assert client.get("/new/mentions/", {"topic": topic.pk}).json() == {"people": []}


def test_comment_on_a_hidden_post_is_refused(client, log_in):
    post = PostFactory()
    posts.hide(post, actor=MemberFactory(role="moderator"), reason="Off-topic.")
    log_in()

    response = client.post(f"/posts/{post.pk}/comment/", {"source": "What did it say?"})

    assert response.status_code == 403
    assert not post.replies.exists()


THANKS = {"source": "Thank you, that did it."}


@pytest.mark.parametrize(
    ("who", "typed_kind", "stored"),
    [
        ("asker", {}, "comment"),
        ("asker", {"kind": "comment"}, "comment"),
        ("asker", {"kind": "answer"}, "answer"),
        ("member", {}, "answer"),
        ("member", {"kind": "comment"}, "answer"),
    ],
)
@pytest.mark.parametrize("way", ["htmx", "plain"])
def test_askers_follow_up_with_a_comment_unless_they_answer(client, log_in, way, who, typed_kind, stored):
    question = AnswerFactory().topic
    log_in(question.author) if who == "asker" else log_in()

    headers = {"HX-Request": "true"} if way == "htmx" else {}
    response = client.post(f"/topics/{question.pk}/reply/", THANKS | typed_kind, headers=headers)

    post, opening = question.posts.last(), question.posts.first()
    assert (post.kind, post.parent) == (stored, opening if stored == "comment" else None)
    assert (Topic.objects.get(pk=question.pk).answer_count, response.status_code) == (
        1 + (stored == "answer"),
        200 if way == "htmx" else 302,
    )
    if way == "htmx":
        place = f"#p{opening.pk}" if stored == "comment" else "[hx-swap-oob^=before]"
        assert response.get("HX-Retarget") == (place if stored == "comment" else None)
        assert len(page(response).cssselect(f"{place} #p{post.pk}")) == 1


def test_only_the_asker_chooses_the_kind_of_reply(client, log_in):
    question = QuestionFactory()
    log_in(question.author)
    asker = client.get(question.get_absolute_url())
    discussion = client.get(TopicFactory(author=question.author).get_absolute_url())
    log_in()
    member = client.get(question.get_absolute_url())

    choices = [texts(response, "#reply-form .kind-choice") for response in (asker, discussion, member)]

    assert choices == [["Comment on my question", "Answer my own question"], [], []]


def test_askers_long_comment_is_refused_with_advice(client, log_in):
    question = QuestionFactory()
    log_in(question.author)
    long = {"source": "word " * 201}

    comment = client.post(f"/topics/{question.pk}/reply/", long)
    answer = client.post(f"/topics/{question.pk}/reply/", long | {"kind": "answer"})

    assert texts(comment, ".errorlist") == [
        "A comment can have up to 1000 characters. Add longer details to your question."
    ]
    assert (comment.status_code, answer.status_code) == (422, 302)


def test_askers_comment_from_a_later_page_leads_to_the_first(client, log_in):
    question = QuestionFactory()
    log_in(question.author)
    headers = {
        "HX-Request": "true",
        "HX-Current-URL": f"http://testserver{question.get_absolute_url()}?page=2",
    }

    response = client.post(f"/topics/{question.pk}/reply/", THANKS, headers=headers)

    assert response["HX-Redirect"] == f"/p/{question.posts.last().pk}/"
