import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import connection

from community.core.markdown import render
from community.forum import search, search_candidates
from community.forum.models import Category
from tests.factories.forum import (
    AnswerFactory,
    CategoryFactory,
    CommentFactory,
    PostFactory,
    QuestionFactory,
    TopicFactory,
)
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

VISITOR = AnonymousUser()


def found(text, reader=VISITOR):
    return [one.topic_id for one in search.answer(reader, text).found]


def shown(text):
    answer = search.answer(VISITOR, text)
    return search.results(VISITOR, answer.query, answer.found)


def test_search_finds_word_forms_in_titles_and_posts():
    titled = TopicFactory(title="Descaling the boiler", opening__source="How?")
    said = PostFactory(source="You should descale boilers every month.").topic
    TopicFactory(title="Something else", opening__source="Entirely.")

    assert set(found("descaled boiler")) == {titled.pk, said.pk}


def test_title_matches_rank_above_post_matches():
    said = TopicFactory(title="First", opening__source="The portafilter.")
    titled = TopicFactory(title="The portafilter", opening__source="Second.")

    assert found("portafilter") == [titled.pk, said.pk]


def test_topic_is_found_once_with_its_best_post():
    topic = TopicFactory(title="About milk", opening__source="Hello")
    PostFactory(topic=topic, source="One word on steaming among a great many others here.")
    best = PostFactory(topic=topic, source="Steaming, steaming.")

    (one,) = search.answer(VISITOR, "steaming").found

    assert (one.topic_id, one.post_id) == (topic.pk, best.pk)


def test_accepted_answer_is_preferred():
    question = QuestionFactory(title="A question", opening__source="Tell me")
    AnswerFactory(topic=question, source="Replace the gasket.")
    accepted = AnswerFactory(topic=question, source="Replace the gasket.", is_accepted=True)

    (one,) = search.answer(VISITOR, "gasket").found

    assert one.post_id == accepted.pk


def test_quotes_minus_and_or_are_supported():
    tall = TopicFactory(title="hot steam wand", opening__source="-").pk
    short = TopicFactory(title="wand of hot steam", opening__source="-").pk
    cold = TopicFactory(title="cold brew", opening__source="-").pk

    assert found('"steam wand"') == [tall]
    assert set(found("steam -wand or cold")) == {cold}
    assert set(found("wand or cold")) == {tall, short, cold}


@pytest.mark.parametrize("text", ["", "the", "'", '"', "a:b & !c | (d", "\\", "%", "🫖", "-", "((("])
def test_unusual_queries_find_nothing(text):
    TopicFactory(title="Plain words only")

    assert found(text) == []


def test_search_finds_visible_posts_only():
    group = Group.objects.create(name="owners")
    secret = TopicFactory(title="Secret gasket", category=CategoryFactory(groups=[group]))
    for status in ("pending", "hidden", "deleted"):
        TopicFactory(title=f"The {status} gasket", status=status)
        PostFactory(source="gasket, gasket", status=status)

    assert found("gasket") == []
    assert found("gasket", MemberFactory()) == []
    assert found("gasket", MemberFactory(groups=[group])) == [secret.pk]


def test_search_finds_comments_on_approved_posts_only():
    CommentFactory(parent__status="pending", source="gasket")
    CommentFactory(parent__status="hidden", parent__status_before="pending", source="gasket")
    under_a_stub = CommentFactory(parent__status="hidden", source="gasket")
    comment = CommentFactory(source="gasket")

    assert set(found("gasket")) == {under_a_stub.topic_id, comment.topic_id}


def test_results_highlight_matches_and_escape_the_rest():
    TopicFactory(
        title="<b>gasket</b> & co", opening__source="The <script>gasket</script> leaks \ue000here\ue001."
    )

    (topic,) = shown("gasket")

    assert topic.headline == "&lt;b&gt;<mark>gasket</mark>&lt;/b&gt; &amp; co"
    assert "<script>" not in topic.snippet
    assert topic.snippet.count("<mark>") == 1


def test_results_show_rendered_text():
    source = (
        "Only *then* turn the **gasket**, 5 < 6 & `a &amp; b`:\n\n* see [the page](https://a.example/gasket)"
    )
    TopicFactory(opening__source=source, opening__html=render(source).html)

    (topic,) = shown("gasket")

    read = "Only then turn the <mark>gasket</mark>, 5 &lt; 6 &amp; a &amp;amp; b: see the page"
    assert " ".join(topic.snippet.split()) == read


def test_results_keep_their_order():
    weak = TopicFactory(title="First", opening__source="The portafilter.")
    strong = TopicFactory(title="The portafilter", opening__source="portafilter")

    topics = shown("portafilter")

    assert topics == [strong, weak]


def test_similar_finds_rephrased_titles():
    topic = QuestionFactory(title="Machine loses pressure after the third shot")
    QuestionFactory(title="What is for lunch today")

    assert search.similar(VISITOR, "why does my machine lose pressure") == [topic]


def test_similar_tolerates_typos():
    topic = QuestionFactory(title="Portafilter handle is loose")

    assert search.similar(VISITOR, "portafliter handle loose") == [topic]


def test_similar_shows_only_what_the_reader_may_see():
    group = Group.objects.create(name="owners")
    secret = TopicFactory(title="Leaking gasket group", category=CategoryFactory(groups=[group]))
    TopicFactory(title="Leaking gasket hidden", status="hidden")

    assert search.similar(VISITOR, "leaking gasket") == []
    assert search.similar(MemberFactory(groups=[group]), "leaking gasket") == [secret]


@pytest.mark.parametrize("text", ["", "one", "?? !!", "a b"])
def test_similar_requires_two_words(text):
    TopicFactory(title="one two three four")

    assert search.similar(VISITOR, text) == []


@pytest.fixture
def two_candidates(monkeypatch):
    """Only the two newest matches are ranked; they are first looked for in the four newest posts."""
    monkeypatch.setattr(search_candidates, "CANDIDATES", 2)
    monkeypatch.setattr(search_candidates, "RECENT", 4)
    search._posts_with.cache_clear()
    yield
    search._posts_with.cache_clear()


@pytest.mark.parametrize("others", [0, 2, 9])
def test_the_newest_visible_matches_are_ranked_however_old_they_are(two_candidates, others):
    private = CategoryFactory(groups=[Group.objects.create(name="owners")])
    _, *wanted = [TopicFactory(title="-", opening__source="A zebra.").pk for _ in range(3)]
    for number in range(others):
        TopicFactory(title="-", opening__source="A zebra.", category=private)
        TopicFactory(title="-", opening__source="A zebra.", status="hidden" if number % 2 else "pending")

    assert set(found("zebra")) == set(wanted)


def test_older_posts_are_not_read_if_the_recent_ones_suffice(two_candidates):
    topic = TopicFactory(title="-", opening__source="A zebra.")
    PostFactory.create_batch(5, topic=topic, source="A zebra.")

    enough = limits(search._posts_with())
    TopicFactory.create_batch(4)
    too_few = limits(search._posts_with())

    assert (enough[-1], too_few[-1]) == (0, 1)


@pytest.mark.parametrize("statement", [search._posts_with, search._titles_with])
def test_candidates_are_found_once_even_if_the_statistics_say_there_are_no_rows(statement):
    """As after a vacuum of empty tables, until they are analyzed; an import is searched meanwhile."""
    TopicFactory.create_batch(30, title="Zebra", opening__source="A zebra.")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET reltuples = 0, relpages = 1 WHERE relname LIKE 'forum_%'")

    assert set(limits(statement())) == {1}


def limits(statement):
    """Search for a zebra; return how often each LIMIT of the statement was executed."""
    names = statement._statement.names
    categories = list(Category.objects.values_list("pk", flat=True))
    values = [categories if name == "category_ids" else "zebra" for name in names]
    sql = statement._statement.sql.replace("ANY(%s)", "ANY(%s::bigint[])")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
        ((plan,),) = cursor.fetchone()
    return [node["Actual Loops"] for node in nodes(plan["Plan"]) if node["Node Type"] == "Limit"]


def nodes(node):
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)
