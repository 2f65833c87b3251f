"""The heads of public pages: canonical URLs, descriptions, Open Graph and schema.org data."""

import json
import re

import pytest
from django.contrib.auth.models import Group
from lxml import html

from community.forum.models import Post
from community.members.models import Member
from community.qa import services as qa
from tests.factories.forum import (
    AnswerFactory,
    CategoryFactory,
    CommentFactory,
    PostFactory,
    QuestionFactory,
    TagFactory,
    TopicFactory,
)
from tests.factories.members import MemberFactory
from tests.forum.readers import member_of_a_group

pytestmark = pytest.mark.django_db

SITE = "https://community.example"
HOSTILE = "</script><script>alert(1)</script><!-- & \u2028 \u202e\x01 'quotes\" ]]>"


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = SITE


def head_of(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def links(tree):
    names = ("canonical", "prev", "next")
    return {name: [one.get("href") for one in tree.cssselect(f"head link[rel={name}]")] for name in names}


def properties(tree):
    return {
        one.get("property") or one.get("name"): one.get("content")
        for one in tree.cssselect("head meta[property], head meta[name]")
    }


def data_of(client, path):
    blocks = head_of(client, path).cssselect("script[type='application/ld+json']")
    return [json.loads(block.text) for block in blocks]


@pytest.mark.parametrize(
    ("query", "own", "previous", "following"),
    [
        ("", "", [], ["?page=2"]),
        ("?page=2&utm_source=x", "?page=2", [""], ["?page=3"]),
        ("?page=3", "?page=3", ["?page=2"], []),
        ("?page=99", "?page=3", ["?page=2"], []),
    ],
)
@pytest.mark.parametrize("reader", ["visitor", "member"])
def test_pages_of_a_topic_link_to_themselves_and_their_neighbours(
    client, log_in, reader, query, own, previous, following
):
    topic = TopicFactory()
    PostFactory.create_batch(42, topic=topic)
    if reader == "member":
        log_in()
    url = f"{SITE}{topic.get_absolute_url()}"

    found = links(head_of(client, f"{topic.get_absolute_url()}{query}"))

    assert found == {
        "canonical": [url + own],
        "prev": [url + one for one in previous],
        "next": [url + one for one in following],
    }


def test_lists_have_one_url_however_they_are_sorted(client):
    tag = TagFactory(name="boilers")
    category = CategoryFactory(description="All about machines.")
    MemberFactory(username="mira")
    TopicFactory.create_batch(21, category=category, tags=[tag])
    cases = {
        "/": "/",
        "/latest/?page=2&foo=1": "/latest/?page=2",
        "/top/?period=all": "/top/",
        f"/c/{category.slug}/?sort=hot&page=2": f"/c/{category.slug}/",
        f"/c/{category.slug}/?page=2": f"/c/{category.slug}/?page=2",
        "/tags/": "/tags/",
        "/tags/boilers/?page=2": "/tags/boilers/?page=2",
        "/badges/": "/badges/",
        "/prospects/": "/prospects/",
        "/u/mira/?tab=topics": "/u/mira/",
    }

    found = {path: links(head_of(client, path))["canonical"] for path in cases}

    assert found == {path: [f"{SITE}{url}"] for path, url in cases.items()}
    assert properties(head_of(client, f"/c/{category.slug}/"))["description"] == "All about machines."


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/latest/", "/hot/", "/top/", "/unanswered/", "/tags/", "/tags/boilers/", "/badges/"),
        *("/prospects/", "/u/mira/"),
    ],
)
def test_public_pages_describe_themselves(client, path):
    MemberFactory(username="mira")
    TopicFactory(tags=[TagFactory(name="boilers")])

    assert len(properties(head_of(client, path))["description"]) > 20


def test_topic_describes_itself_to_link_previews(client):
    topic = TopicFactory(title="Milk <foam> & more", excerpt='It "hisses" & <spits>.')

    found = properties(head_of(client, topic.get_absolute_url()))

    assert {"viewport", "htmx-config"} <= set(found)
    assert {name: text for name, text in found.items() if name not in ("viewport", "htmx-config")} == {
        "description": 'It "hisses" & <spits>.',
        "og:type": "article",
        "og:site_name": "Caravan",
        "og:title": "Milk <foam> & more",
        "og:url": f"{SITE}{topic.get_absolute_url()}",
        "og:description": 'It "hisses" & <spits>.',
        "twitter:card": "summary",
    }


def person(member):
    return {"@type": "Person", "name": str(member), "url": f"{SITE}/u/{member.username}/"}


def told(post, kind):
    return {
        "@type": kind,
        "text": post.source,
        "url": f"{SITE}/p/{post.pk}/",
        "author": person(post.author),
        "datePublished": post.created_at.isoformat(timespec="seconds"),
    }


def test_question_is_a_qa_page(client):
    question = QuestionFactory(opening__score=4)
    better, accepted = AnswerFactory(topic=question, score=9), AnswerFactory(topic=question, score=2)
    CommentFactory(parent=accepted, topic=question)
    qa.accept_answer(accepted, actor=question.author)

    (found,) = data_of(client, question.get_absolute_url())

    assert found == {
        "@context": "https://schema.org",
        "@type": "QAPage",
        "mainEntity": {
            **told(question.posts.get(number=1), "Question"),
            "name": question.title,
            "url": f"{SITE}{question.get_absolute_url()}",
            "answerCount": 2,
            "upvoteCount": 4,
            "acceptedAnswer": {**told(accepted, "Answer"), "upvoteCount": 2},
            "suggestedAnswer": [{**told(better, "Answer"), "upvoteCount": 9}],
        },
    }


def test_discussion_is_a_posting_with_comments_on_each_of_its_pages(client):
    topic = TopicFactory(excerpt="How it begins.")
    replies = PostFactory.create_batch(20, topic=topic)
    Post.objects.filter(pk=replies[19].pk).update(byline="Somebody who left")
    Member.objects.filter(pk=replies[18].author_id).update(is_active=False)

    (first,), (second,) = (data_of(client, f"{topic.get_absolute_url()}?page={n}") for n in (1, 2))

    assert first == {
        "@context": "https://schema.org",
        **told(topic.posts.get(number=1), "DiscussionForumPosting"),
        "headline": topic.title,
        "url": f"{SITE}{topic.get_absolute_url()}",
        "commentCount": 20,
        "comment": [
            *(told(reply, "Comment") for reply in replies[:18]),
            told(replies[18], "Comment")
            | {"author": {"@type": "Person", "name": str(replies[18].author)}},  # who no longer has a page
        ],
    }
    assert (second["headline"], second["text"], second["author"]) == (
        topic.title,
        "How it begins.",
        person(topic.author),
    )
    assert [one["author"] for one in second["comment"]] == [{"@type": "Person", "name": "Somebody who left"}]


def test_only_visitors_get_data_and_later_pages_of_questions_have_none(client, log_in):
    question = QuestionFactory()
    AnswerFactory.create_batch(20, topic=question)
    address = question.get_absolute_url()

    visitor = [len(data_of(client, f"{address}?page={number}")) for number in (1, 2)]
    log_in()

    assert (visitor, data_of(client, address)) == ([1, 0], [])


def test_data_contains_nothing_that_visitors_cannot_read(client, log_in):
    topic = TopicFactory()
    for status in ("pending", "hidden", "deleted"):
        PostFactory(topic=topic, status=status, source=f"Secret {status}.")
    approved = PostFactory(topic=topic, source="Public.")
    private = TopicFactory(category=CategoryFactory(groups=[Group.objects.create(name="owners")]))
    addresses = [TopicFactory(status=s).get_absolute_url() for s in ("pending", "hidden", "deleted")]

    (found,) = data_of(client, topic.get_absolute_url())
    refused = [client.get(one).status_code for one in (*addresses, private.get_absolute_url())]
    client.force_login(member_of_a_group(private.category.see_groups))

    assert [one["text"] for one in found["comment"]] == ["Public."]
    assert (found["commentCount"], approved.pk) == (1, topic.posts.last().pk)
    assert refused == [404] * 4
    assert data_of(client, private.get_absolute_url()) == []


def test_any_text_stays_inside_the_data(client):
    author = MemberFactory(display_name=HOSTILE[:40])
    topic = TopicFactory(title=HOSTILE, excerpt=HOSTILE, author=author, opening__source=HOSTILE)

    response = client.get(topic.get_absolute_url())
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', response.content.decode())

    assert not re.search("[<>&\u2028]", block)
    assert json.loads(block)["headline"] == HOSTILE
    assert json.loads(block)["text"] == " ".join(HOSTILE.split())
    assert len(html.fromstring(response.content.decode()).cssselect("script:not([src])")) == 1


def test_long_texts_are_cut_and_a_full_page_stays_small(client):
    body = "<p>" + 'Some <em class="x">words</em> &amp; more. ' * 400 + "</p>"
    question = QuestionFactory(opening__html=body)
    AnswerFactory.create_batch(19, topic=question, html=body)

    response = client.get(question.get_absolute_url())
    (found,) = data_of(client, question.get_absolute_url())

    texts = [found["mainEntity"]["text"], *(one["text"] for one in found["mainEntity"]["suggestedAnswer"])]
    assert [len(text) <= limit for text, limit in zip(texts, (600, *[200] * 19), strict=True)] == [True] * 20
    assert all(text.startswith("Some words & more.") and text.endswith("…") for text in texts)
    assert len(response.content) - 20 * len(body.encode()) <= 30_000
