"""Searches spelled differently from the text, and in scripts without spaces."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.forum import search
from community.forum.models import Post, Topic
from tests.factories.forum import PostFactory, TopicFactory

pytestmark = pytest.mark.django_db

VISITOR = AnonymousUser()

# Groups of spellings that find each other.
SPELLINGS = [
    ("café", "cafe", "CAFÉ", "cafe\u0301"),
    ("Kávovar", "kavovar", "KÁVOVAR"),
    ("течёт", "течет", "ТЕЧЁТ"),
    ("ışık", "IŞIK", "isik", "Işık"),
    ("İstanbul", "istanbul", "ISTANBUL"),
    ("Mühle", "Muhle", "mu\u0308hle"),
    ("Straße", "strasse", "STRASSE"),
    ("Ægir", "aegir"),
    ("smørrebrød", "smorrebrod"),
    ("Łódź", "lodz"),
    ("E61", "E-61", "e61"),
    ("wifi", "wi-fi", "Wi\u2011Fi"),
    ("1299", "1,299", "1.299", "1’299", "1\u00a0299"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("ﬁlter", "filter"),
    ("ｶﾌｪ", "カフェ"),
    ("커피", "\u110f\u1165\u1111\u1175"),
    ("قَهْوَة", "قهوة"),
    ("de\u00adscal\u200bing", "descaling"),
    ("O'Brien", "O’Brien", "obrien", "Oʼbrien"),
    ("комп'ютер", "компʼютер", "комп’ютер", "компютер"),
    ("3.5 kW", "3.5kW", "3,5 kw", "3.5-kW"),
    ("240 V", "240v", "240-V"),
    ("E 62", "E62", "e-62"),
    ("こーひー", "コーヒー", "ｺｰﾋｰ"),
    ("ゔぃーがん", "ヴィーガン", "ｳﾞｨｰｶﾞﾝ"),
]
CASES = [(written, typed) for group in SPELLINGS for written in group for typed in group]


def found(text):
    return [one.topic_id for one in search.answer(VISITOR, text).found]


def shown(text):
    answer = search.answer(VISITOR, text)
    return search.results(VISITOR, answer.query, answer.found)


def test_each_spelling_finds_the_others():
    topics = {}
    for number, group in enumerate(SPELLINGS):
        for written in group:
            in_title = TopicFactory(title=f"About {written} here", opening__source="-").pk
            topics[number, written] = {in_title, PostFactory(source=f"Some “{written}”, said.").topic_id}

    missed = []
    for number, group in enumerate(SPELLINGS):
        wanted = set().union(*(topics[number, written] for written in group))
        missed += [typed for typed in group if set(found(typed)) != wanted]

    assert missed == []


@pytest.mark.parametrize(
    ("written", "typed", "does"),
    [
        ("Our coffee-machine leaks", "machine", True),
        ("Our coffee-machine leaks", '"coffee machine"', True),
        ("Our coffee-machine leaks", "coffeemachine", True),
        ("A wi fi router", "wi-fi", True),
        ("An E 61 group", "E61", True),
        ("At 9.5 bar", "9.5", True),
        ("At 9 bar with 5 g", "9.5", False),
        ("The boiler/pump is loud", "pump", True),
        ("It broke.Then it leaked", "leaked", True),
        ("See https://a.example/brew_guide?x=descaling", "descaling", True),
        ("A “quoted” word", "quoted", True),
        ("Rancilio™ Silvia", "rancilio", True),
        ("10-20 grams", "20", True),
        ("They don't drip", "dont", False),
        ("Les grains d'Éthiopie", "ethiopie", True),
        ("At 3 or 5 kW", "3.5kW", False),
        ("5 g at 9 bar", '"5 bar"', False),
        ("my machine", "machi", False),
    ],
)
def test_search_reads_compounds_and_punctuation(written, typed, does):
    topic = PostFactory(source=written).topic_id

    assert found(typed) == ([topic] if does else [])


UNSPACED = {
    "我的咖啡机漏水了怎么办": (
        ["漏水", "咖啡", "咖啡机", "机", "咖啡机 漏水", '"咖啡机漏水"'],
        ["水漏", "啡咖", "茶"],
    ),
    "コーヒーメーカーから水が漏れる": (["コーヒー", "メーカー", "水", "漏れる"], ["ーコ", "湯"]),
    "저는 커피를 좋아합니다": (["커피", "커피를", "피", "좋아"], ["차"]),
    "อยากดื่มกาแฟร้อนๆ": (["กาแฟ", "ร้อน"], ["แฟกา"]),
    "ຂ້ອຍມັກກາເຟຫຼາຍ": (["ກາເຟ"], []),
    "ខ្ញុំចូលចិត្តកាហ្វេណាស់": (["កាហ្វេ"], []),
    "ကျွန်တော်ကော်ဖီကြိုက်တယ်": (["ကော်ဖီ"], []),
    "หม้อ E61 รั่ว": (["e61", "หม้อ"], []),
}


@pytest.mark.parametrize("written", UNSPACED)
@pytest.mark.parametrize("in_title", [True, False])
def test_search_finds_words_in_scripts_without_spaces(written, in_title):
    topic = TopicFactory(title=written if in_title else "-", opening__source="-" if in_title else written).pk
    finds, not_finds = UNSPACED[written]

    assert [typed for typed in finds if found(typed) != [topic]] == []
    assert [typed for typed in not_finds if found(typed)] == []


def test_a_question_without_spaces_finds_its_rare_words():
    topic = TopicFactory(title="咖啡机漏水", opening__source="-").pk

    answer = search.answer(VISITOR, "为什么我的咖啡机会漏水呢")

    assert [one.topic_id for one in answer.found] == [topic]
    assert answer.left_out == ["为什么我的", "会", "呢"]


@pytest.mark.parametrize(
    ("text", "typed", "marked"),
    [
        ("The Kávovar leaks", "kavovar", "The <mark>Kávovar</mark> leaks"),
        ("Use wi-fi or WIFI", "wifi", "Use <mark>wi-fi</mark> or <mark>WIFI</mark>"),
        (
            "A coffee-machine, descaled",
            "machine descaling",
            "A coffee-<mark>machine</mark>, <mark>descaled</mark>",
        ),
        ("It costs 1,299 CZK", "1299", "It costs <mark>1,299</mark> CZK"),
        ("我的咖啡机漏水了", "漏水", "我的咖啡机<mark>漏水</mark>了"),
        ("커피를 마셔요", "커피", "<mark>커피</mark>를 마셔요"),
        ("“İstanbul” ﬁlter &c", "istanbul filter", "“<mark>İstanbul</mark>” <mark>ﬁlter</mark> &amp;c"),
        ("O'Brien's, by OBrien", "obrien", "<mark>O&#x27;Brien</mark>&#x27;s, by <mark>OBrien</mark>"),
        (
            "A 3.5kW boiler, 3.5 kW",
            "3.5 kW",
            "A <mark>3</mark>.<mark>5kW</mark> boiler, <mark>3</mark>.<mark>5</mark> <mark>kW</mark>",
        ),
        ("美味しいコーヒーです", "こーひー", "美味しい<mark>コーヒー</mark>です"),
        ("हिन्दी में कॉफ़ी", "हिन्दी", "<mark>हिन्दी</mark> में कॉफ़ी"),
    ],
)
def test_results_highlight_the_spelling_of_the_text(text, typed, marked):
    TopicFactory(title=text, opening__source=text)

    (topic,) = shown(typed)

    assert topic.headline == marked


def test_each_word_is_folded_once():
    TopicFactory(title="Drips", opening__source="drip drip-drip gasket " * 50)

    with CaptureQueriesContext(connection) as queries:
        shown("gasket")

    statements = [query["sql"] or "" for query in queries]
    (marking,) = [sql for sql in statements if "ts_headline" in sql]
    assert sorted(re.findall("drip(?:-drip)*", marking)) == ["drip", "drip-drip"]


def test_snippet_shows_the_words_of_a_long_post():
    source = (
        "Nothing to see here, really. " * 60 + "The gasket of the boiler leaks. " + "And so on and on. " * 60
    )
    TopicFactory(opening__source=source, opening__html=f"<p>{source}</p>")

    (topic,) = shown("boiler gasket")

    assert "The <mark>gasket</mark> of the <mark>boiler</mark> leaks." in topic.snippet
    assert len(topic.snippet) < 350


def test_words_follow_every_change_of_the_text():
    post = PostFactory(source="Old words")
    Post.objects.filter(pk=post.pk).update(source="Ein Kännchen")
    Topic.objects.filter(pk=post.topic_id).update(title="Neue Überschrift")
    post.refresh_from_db()
    post.save()

    assert found("kannchen") == found("uberschrift") == [post.topic_id]
    assert found("old words") == []


@pytest.mark.parametrize(
    "text", ["漏" * 70_000, "a-b" * 30_000, "é" * 200_000, "x" * 100_000, "1,299," * 20_000]
)
def test_very_long_texts_can_be_stored(text):
    post = PostFactory(source="gasket " + text)

    assert found("gasket") == [post.topic_id]


@pytest.mark.parametrize(
    "text", ["\ufdfa" * 200, "\u3300" * 200, "漏" * 200, "a-" * 100, "é" * 200, "\ue000\ue001", "ⅷ½²"]
)
def test_any_search_is_answered(text):
    PostFactory(source=f"gasket {text}")

    for typed in (text, f'"{text}"', f"-{text}", f"gasket {text}", f"{text} or gasket"):
        shown(typed)
        search.similar(VISITOR, typed)


def test_folding_does_not_depend_on_adjacent_text():
    """Otherwise a word would be found in one text but not in another."""
    words = ["café", "wi-fi", "E-61", "漏水", "1,299", "IŞIK", "Straße", "x"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(forum_fold(one) ORDER BY i), forum_fold(string_agg(one, E'\\n' ORDER BY i))"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS words(one, i)",
            [words],
        )
        apart, together = cursor.fetchone()

    assert together.split("\n") == apart


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("\ufdfa" * 5_000, False),
        ("㌀" * 30_000, False),
        ("é " * 25_000, True),
        ("가" * 15_000, True),
        ("ﬁ " * 12_000, True),
    ],
)
def test_what_letters_stand_for_is_searched_up_to_a_limit(text, is_whole):
    with connection.cursor() as cursor:
        cursor.execute("SELECT forum_words(%s) @@ to_tsquery('simple', 'zinc')", [f"{text} zinc"])

        assert cursor.fetchone() == (is_whole,)


@pytest.mark.parametrize("marks", ["\u0e48\u0e38", "\u0f71\u0f73", "\U0001d165\U0001d16d"])
def test_few_of_many_marks_are_folded(marks):
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(forum_fold(%s))", [f"ก{marks * 1_000}"])

        assert cursor.fetchone()[0] <= 61
