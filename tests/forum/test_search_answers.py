"""Questions in plain words, misspelt words, and searches limited to tags and authors."""

import unicodedata

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import connection

from community.forum import search, search_suggestions
from tests.factories.forum import CategoryFactory, CommentFactory, PostFactory, TagFactory, TopicFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

VISITOR = AnonymousUser()


def found(text, reader=VISITOR):
    return [one.topic_id for one in search.answer(reader, text).found]


def left_out(text, reader=VISITOR):
    return list(search.answer(reader, text).left_out)


def suggested(text, reader=VISITOR):
    return search_suggestions.did_you_mean(reader, search.answer(reader, text))


def test_words_may_stand_in_different_posts_of_a_topic():
    titled = TopicFactory(title="Rancilio leaks", opening__source="Help")
    PostFactory(topic=titled, source="Which gasket is it?")
    spread = PostFactory(source="My rancilio").topic
    PostFactory(topic=spread, source="Change the gasket.")
    TopicFactory(title="Rancilio", opening__source="Nothing else")
    TopicFactory(title="Gasket", opening__source="Nothing else")
    in_one = PostFactory(source="A gasket for the Rancilio").topic

    assert found("rancilio gasket")[0] == in_one.pk
    assert set(found("rancilio gasket")) == {titled.pk, spread.pk, in_one.pk}
    assert found("rancilio gasket -help") == [in_one.pk, spread.pk]
    assert left_out("rancilio gasket") == []


def test_words_in_posts_that_are_not_shown_do_not_count():
    topic = TopicFactory(title="Rancilio", opening__source="-")
    for status in ("pending", "hidden", "deleted"):
        PostFactory(topic=topic, source="gasket", status=status)
    waiting = PostFactory(topic=topic, source="-", status="pending")
    CommentFactory(parent=waiting, source="gasket")

    assert found("gasket") == []
    assert left_out("rancilio gasket") == ["gasket"]


def test_a_question_finds_the_topic_with_its_rare_words():
    topic = TopicFactory(title="Descaling", opening__source="I descaled the boiler of my Rancilio.")
    TopicFactory.create_batch(3, title="Get a machine", opening__source="How do I get a boiler?")

    answer = search.answer(VISITOR, "how do I get rid of the scale in my Rancilio boiler?")

    assert [one.topic_id for one in answer.found] == [topic.pk]
    assert answer.left_out == ["get", "rid", "scale"]
    assert [one.post_id for one in answer.found] == [topic.posts.get().pk]


def test_phrases_or_and_single_words_leave_nothing_out():
    TopicFactory(title="A steam wand", opening__source="-")

    assert [found(text) for text in ('"steam hot wand"', "gasket or boiler", "gasket")] == [[], [], []]


@pytest.mark.parametrize(
    ("written", "typed", "meant"),
    [
        ("Descaling a machine", "descailing", "descaling"),
        ("The portafilter handle", "portafliter handle", "portafilter handle"),
        ("The portafilter", "portafiler", "portafilter"),
        ("Two cappuccinos", "capuccinos", "cappuccinos"),
        ("A thermoblock", "thermblok", "thermoblock"),
        ("Мой кофейник", "кофейнек", "кофейник"),
        ("Můj kávovar", "kávovarr", "kávovar"),
        ("Slow wifi", "wi fi", "wifi"),
        ("A coffee machine", "coffeemachine", "coffee machine"),
        ("Descaling", '"descailing"', ""),
        ("Descaling", "gasket", ""),
        ("Descaling", "x", ""),
    ],
)
@pytest.mark.parametrize("in_title", [True, False])
def test_misspelt_words_are_corrected(written, typed, meant, in_title):
    TopicFactory(title=written if in_title else "-", opening__source="-" if in_title else written)

    assert suggested(typed) == meant


def test_only_words_that_the_reader_may_read_are_suggested():
    group = Group.objects.create(name="owners")
    TopicFactory(title="Acquisition", opening__source="thermoblock", category=CategoryFactory(groups=[group]))
    for status in ("pending", "hidden", "deleted"):
        TopicFactory(title="Acquisition", opening__source="thermoblock", status=status)
        PostFactory(source="Acquisition of a thermoblock", status=status)
    CommentFactory(parent__status="pending", source="Acquisition of a thermoblock")
    owner = MemberFactory(groups=[group])

    for typed in ("aquisition", "thermblock", "thermblok", "acquisi tion"):
        assert (suggested(typed), suggested(typed, MemberFactory())) == ("", "")
        assert suggested(typed, owner) in ("acquisition", "thermoblock")


def test_a_tag_limits_a_search_or_is_the_whole_search():
    duo, water = TagFactory(name="duo"), TagFactory(name="hard water", slug="hard-water")
    first = TopicFactory(title="Grinder", tags=[duo]).pk
    second = TopicFactory(title="Grinder", tags=[duo, water]).pk
    TopicFactory(title="Grinder")

    assert found("tag:duo") == [second, first]
    assert found("TAG: Duo grinder") == [second, first]
    assert found("tag:duo boiler") == []
    assert found("tag:duo -tag:hard-water") == [first]
    for text in ('tag:duo tag:"hard water"', "tag:hard-water", "tag:duo,hard-water grinder", "tag:HardWater"):
        assert found(text) == [second]


def test_an_author_limits_a_search_to_their_posts_or_is_the_whole_search():
    marta, ben = MemberFactory(username="marta", display_name="Marta Nová"), MemberFactory(username="ben")
    opened = TopicFactory(title="Grinder", author=marta).pk
    replied = PostFactory(source="A grinder", author=marta).topic_id
    by_ben = TopicFactory(title="A grinder", author=ben).pk

    assert found("user:marta") == [replied, opened]
    assert set(found("grinder @marta")) == {replied, opened}
    assert set(found('author:"marta nová" grinder')) == {replied, opened}
    assert set(found("user:marta user:ben grinder")) == {replied, opened, by_ben}
    assert found("user:marta portafilter") == []
    assert found("grinder -@marta -user:ben") == []
    assert found("grinder -@marta") == [by_ben]


def test_filters_show_only_what_the_reader_may_see():
    group = Group.objects.create(name="owners")
    marta, duo = MemberFactory(username="marta"), TagFactory(name="duo")
    private = CategoryFactory(groups=[group])
    secret = TopicFactory(author=marta, tags=[duo], category=private).pk
    TopicFactory(author=marta, tags=[duo], status="hidden")
    PostFactory(author=marta, status="pending")

    assert found("user:marta") == found("tag:duo") == []
    assert [one.nearest for one in search.answer(VISITOR, "tag:duoo").filters.unknown] == [""]
    owner = MemberFactory(groups=[group])
    assert found("user:marta", owner) == found("tag:duo", owner) == [secret]


@pytest.mark.parametrize(
    ("text", "value", "nearest"),
    [
        ("tag:grindr", "grindr", "grinder"),
        ("water tag:zzz", "zzz", ""),
        ("@matra", "matra", "marta"),
        ('user:"Nobody Here"', "Nobody Here", ""),
    ],
)
def test_unknown_tags_and_authors_are_reported(text, value, nearest):
    TopicFactory(title="water", tags=[TagFactory(name="grinder")], author=MemberFactory(username="marta"))

    answer = search.answer(VISITOR, text)

    (unknown,) = answer.filters.unknown
    assert (unknown.filter.value, unknown.nearest, answer.found) == (value, nearest, ())


@pytest.mark.parametrize(
    "text",
    ["tag:", "@", 'user:"', "tag:,,", "-tag:x", "-@x", "@@", "tag:\\ %", "a@b.example", '@"', "tag:" * 40],
)
def test_unusual_filters_are_accepted(text):
    TopicFactory(title="Plain words only")

    assert found(text) == []


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("我的咖啡机漏水怎么办", "咖啡机漏水"),
        ("커피머신에서 물이 새요", "커피머신 물이 샙니다"),
        ("Kávovar teče zespodu", "kavovar tece dole"),
        ("Кофемашина течёт снизу", "кофемашина течет"),
    ],
)
def test_similar_topics_are_found_in_other_spellings_and_scripts(written, typed):
    topic = TopicFactory(title=written)
    TopicFactory(title="What is for lunch today")

    assert search.similar(VISITOR, typed) == [topic]


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("user:" + ",".join(f"a{number}" for number in range(60)), 25),
        ("tag:" + ",".join(f"a{number}" for number in range(60)), 20),
        (" ".join(f"@a{number}" for number in range(60)), 25),
        ("user:" + "x" * 190, 5),
        ("咖啡机漏水怎么办" * 20, 130),
    ],
)
def test_no_search_takes_many_queries(text, most, django_assert_max_num_queries):
    with django_assert_max_num_queries(most):
        search.answer(VISITOR, text)


def test_characters_that_stand_for_many_letters_are_not_all_folded():
    TopicFactory(title="Portafilter", opening__source="portafilter " + "ﷺ" * 30_000)
    found = search.answer(VISITOR, "portafilter").found
    sent = []

    def note(execute, sql, params, many, context):
        sent.append(len(unicodedata.normalize("NFKD", str(params))))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        (topic,) = search.results(VISITOR, search.answer(VISITOR, "portafilter").query, found)

    assert "<mark>portafilter</mark>" in topic.snippet
    assert max(sent) < 50_000
