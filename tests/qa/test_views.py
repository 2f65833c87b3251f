import pytest

from community.events.models import Event
from community.forum.models import Post, Topic
from community.moderation.models import ReviewItem
from community.qa import services
from community.qa.models import Vote
from tests.factories.forum import AnswerFactory, PostFactory, QuestionFactory
from tests.factories.members import MemberFactory
from tests.forum.pages import ids, page, texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer():
    return AnswerFactory()


def pressed(response):
    return [button.get("aria-pressed") for button in page(response).cssselect(".votes button")]


def test_vote_by_htmx_returns_the_votes(client, log_in, htmx, answer):
    log_in()

    up = client.post("/posts/react/", {"up": answer.pk}, headers=htmx)
    none = client.post("/posts/react/", {"unvote": answer.pk}, headers=htmx)

    assert (pressed(up), texts(up, ".votes b")) == (["true", "false"], ["1 vote"])
    assert (pressed(none), texts(none, ".votes b")) == (["false", "false"], ["0 votes"])


def test_vote_as_a_plain_form_redirects_to_the_post(client, log_in, answer):
    member = log_in()

    response = client.post("/posts/react/", {"down": answer.pk})

    assert response.url == f"/p/{answer.pk}/"
    assert Vote.objects.get(member=member).value == -1


def test_pressed_button_removes_the_vote(client, log_in, answer):
    log_in()
    client.post("/posts/react/", {"up": answer.pk})

    response = client.get(answer.topic.get_absolute_url())

    buttons = page(response).cssselect(f"#p{answer.pk} .votes button")
    assert [button.get("name") for button in buttons] == ["unvote", "down"]
    assert {button.get("value") for button in buttons} == {str(answer.pk)}


@pytest.mark.parametrize("sent", [{}, {"up": ""}, {"like": "many"}, {"down": "-1"}, {"delete": "1"}])
def test_reactions_that_do_not_say_what_or_to_which_post_are_refused(client, log_in, answer, sent):
    log_in()

    assert client.post("/posts/react/", sent).status_code == 403


def test_buttons_of_a_whole_page_post_by_one_form(client, log_in, answer):
    log_in()

    shown = page(client.get(answer.topic.get_absolute_url()))

    buttons = shown.cssselect(f"button[value='{answer.pk}']")
    assert [button.get("name") for button in buttons] == ["up", "down", "like"]
    assert {button.get("form") for button in buttons} == {"act"}
    assert [form.get("action") for form in shown.cssselect("form#act")] == ["/posts/react/"]


def test_vote_is_refused_to_visitors_authors_and_in_discussions(client, log_in, answer):
    visitor = client.post("/posts/react/", {"up": answer.pk}).status_code
    log_in(answer.author)
    own = client.post("/posts/react/", {"up": answer.pk}).status_code
    reply = client.post("/posts/react/", {"up": PostFactory().pk}).status_code
    hidden = client.post("/posts/react/", {"up": AnswerFactory(status="hidden").pk}).status_code
    get = client.get("/posts/react/").status_code

    assert (visitor, own, reply, hidden, get) == (302, 403, 403, 404, 405)


def test_idea_is_only_voted_up(client, log_in):
    from tests.factories.forum import TopicFactory

    idea = TopicFactory(kind="idea")
    log_in()

    response = client.get(idea.get_absolute_url())

    assert len(page(response).cssselect(".votes button")) == 1


def test_asker_accepts_by_htmx_and_sees_the_answer_first(client, log_in, htmx):
    question = QuestionFactory()
    AnswerFactory(topic=question, score=9)
    answer = AnswerFactory(topic=question)
    log_in(question.author)

    response = client.post(f"/posts/{answer.pk}/accept/", headers=htmx)

    assert ids(response)[1] == answer.pk
    assert len(page(response).cssselect("#posts, body > div")) >= 1
    assert response["HX-Push-Url"] == f"{question.get_absolute_url()}#p{answer.pk}"


def test_asker_accepts_and_unaccepts_as_plain_forms(client, log_in, answer):
    log_in(answer.topic.author)

    accepted = client.post(f"/posts/{answer.pk}/accept/")
    was = Topic.objects.get(pk=answer.topic_id).is_solved
    taken_back = client.post(f"/posts/{answer.pk}/unaccept/")

    assert (accepted.url, was, taken_back.url) == (f"/p/{answer.pk}/", True, f"/p/{answer.pk}/")
    assert not Topic.objects.get(pk=answer.topic_id).is_solved


def test_staff_can_accept_for_the_asker(client, log_in, answer):
    support = log_in(role="support")

    client.post(f"/posts/{answer.pk}/accept/")

    assert Topic.objects.get(pk=answer.topic_id).question.accepted_by == support


@pytest.mark.parametrize("act", ["accept", "unaccept"])
def test_accepting_is_refused_to_others(client, log_in, answer, act):
    visitor = client.post(f"/posts/{answer.pk}/{act}/").status_code
    log_in()
    other = client.post(f"/posts/{answer.pk}/{act}/").status_code
    log_in(answer.author)
    author = client.post(f"/posts/{answer.pk}/{act}/").status_code
    get = client.get(f"/posts/{answer.pk}/{act}/").status_code

    assert (visitor, other, author, get) == (302, 403, 403, 405)
    assert not Post.objects.get(pk=answer.pk).is_accepted


def test_question_itself_is_not_accepted(client, log_in):
    question = QuestionFactory()
    log_in(question.author)

    assert client.post(f"/posts/{question.posts.get().pk}/accept/").status_code == 403


def test_accept_button_is_offered_to_the_asker_only(client, log_in, answer):
    address = answer.topic.get_absolute_url()
    visitor = page(client.get(address)).cssselect(".accept")
    log_in()
    other = page(client.get(address)).cssselect(".accept")
    log_in(answer.topic.author)

    assert (visitor, other, len(page(client.get(address)).cssselect(".accept"))) == ([], [], 1)


def test_staff_marks_and_unmarks_official_by_htmx(client, log_in, htmx, answer):
    log_in(role="product", display_name="Pro Duct")

    marked = client.post(f"/posts/{answer.pk}/official/", headers=htmx)
    plain = client.post(f"/posts/{answer.pk}/unofficial/")

    assert texts(marked, ".answer-mark")[0].startswith("Official answer by Pro Duct")
    assert plain.url == f"/p/{answer.pk}/"
    assert not Post.objects.get(pk=answer.pk).is_official


@pytest.mark.parametrize("act", ["official", "unofficial"])
def test_official_requires_staff(client, log_in, answer, act):
    visitor = client.post(f"/posts/{answer.pk}/{act}/").status_code
    log_in()

    assert (visitor, client.post(f"/posts/{answer.pk}/{act}/").status_code) == (302, 403)


def test_question_is_not_marked_official(client, log_in):
    log_in(role="product")

    assert client.post(f"/posts/{QuestionFactory().posts.get().pk}/official/").status_code == 403


def test_others_votes_are_not_shown_as_own(client, log_in, answer):
    from community.qa.services import vote

    vote(answer, member=MemberFactory(), value=1)
    log_in()

    assert pressed(client.get(answer.topic.get_absolute_url()))[-2:] == ["false", "false"]


@pytest.mark.parametrize(
    ("reader", "case", "offered"),
    [
        ("asker", {}, ("button", "menu")),
        ("support", {}, ("menu",)),
        ("answerer", {}, ()),
        ("member", {}, ()),
        ("asker", {"status": "hidden"}, ()),
        ("support", {"status": "pending"}, ()),
        ("moderator", {"status": "deleted"}, ()),
        ("moderator", {"topic__status": "hidden"}, ()),
        ("moderator", {"topic__status": "pending"}, ()),
        ("moderator", {"flagged": True}, ("menu",)),
        ("asker", {"by": "asker"}, ("menu",)),
        ("support", {"by": "asker"}, ("menu",)),
        ("support", {"by": "support"}, ("menu",)),
        ("asker", {"kind": "comment"}, ()),
        ("asker", {"solved": "another"}, ("menu",)),
        ("asker", {"solved": "this"}, ()),
    ],
)
def test_accepting_is_offered_where_it_makes_sense(client, log_in, reader, case, offered):
    question = QuestionFactory(status=case.get("topic__status", "published"))
    readers = {
        "asker": question.author,
        "answerer": MemberFactory(),
        "member": MemberFactory(),
        "support": MemberFactory(role="support"),
        "moderator": MemberFactory(role="moderator"),
    }
    fields = {name: value for name, value in case.items() if name in ("status", "kind")}
    answer = AnswerFactory(topic=question, author=readers[case.get("by", "answerer")], **fields)
    if "solved" in case:
        solution = answer if case["solved"] == "this" else AnswerFactory(topic=question)
        services.accept_answer(solution, actor=question.author)
    if "flagged" in case:
        ReviewItem.objects.create(post=answer, member=answer.author, kind="flagged", reason="Spam.")
    log_in(readers[reader])

    shown = page(client.get(question.get_absolute_url()))
    menu = client.get(f"/posts/{answer.pk}/menu/", headers={"HX-Request": "true"})

    accept = f"[formaction='/posts/{answer.pk}/accept/']"
    places = ("button",) if shown.cssselect(accept) else ()
    if menu.status_code == 200 and page(menu).cssselect(accept):
        places += ("menu",)
    assert places == offered


@pytest.mark.parametrize(("status", "topic_status"), [("hidden", "published"), ("published", "hidden")])
def test_an_answer_that_is_out_of_view_is_not_accepted(client, log_in, status, topic_status):
    answer = AnswerFactory(status=status, topic__status=topic_status)
    log_in(role="moderator")

    assert client.post(f"/posts/{answer.pk}/accept/").status_code == 403


def test_head_of_the_topic_follows_accepting_unaccepting_deleting_and_restoring(client, log_in, htmx, answer):
    moderator = log_in(role="moderator")
    question = answer.topic

    def head_after(act):
        response = page(client.post(f"/posts/{answer.pk}/{act}/", headers=htmx))
        (head,) = response.cssselect("#topic-head[hx-swap-oob]")
        (counted,) = response.cssselect("#after-opening h2")
        return [a.get("href") for a in head.cssselect("a.solved-by")], counted.text_content()

    found = {act: head_after(act) for act in ("accept", "unaccept", "delete", "restore")}

    assert found == {
        "accept": ([f"#p{answer.pk}"], "1 answer"),
        "unaccept": ([], "1 answer"),
        "delete": ([], "No answers yet"),
        "restore": ([], "1 answer"),
    }
    assert (moderator.is_moderator, Topic.objects.get(pk=question.pk).is_solved) == (True, False)


def test_answering_an_own_question_gives_no_credit_for_helping():
    question = QuestionFactory()
    answer = AnswerFactory(topic=question, author=question.author)

    services.accept_answer(answer, actor=MemberFactory(role="support"))

    assert list(Event.objects.values_list("name", flat=True)) == ["question.resolved"]
    assert Topic.objects.get(pk=question.pk).is_solved
