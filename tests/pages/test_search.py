import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.events.models import Event
from tests.factories.forum import CategoryFactory, PostFactory, TagFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.forum.pages import page, texts

pytestmark = pytest.mark.django_db


def test_search_highlights_matches(client):
    TopicFactory(title="The gasket leaks", opening__source="Mine is a gasket too.")

    response = client.get("/search/?q=gasket")

    assert texts(response, ".topic-title a") == ["The gasket leaks"]
    assert texts(response, ".topic-title mark") == ["gasket"]
    assert texts(response, "main [role=status]") == ["1 topic for “gasket”"]


def test_search_links_to_the_best_post(client):
    post = PostFactory(source="Change the gasket.", topic__title="Leaking")

    response = client.get("/search/?q=gasket")

    assert [a.get("href") for a in page(response).cssselect("a.found-in")] == [f"/p/{post.pk}/"]


def test_search_without_a_query_shows_help(client):
    assert texts(client.get("/search/"), ".empty h2") == ["Search all topics and posts"]


def test_search_without_results_suggests_asking_and_similar_topics(client):
    TopicFactory(title="Portafilter handle is loose")

    response = client.get('/search/?q="portafliter handle is loose"')

    assert texts(response, ".empty h2") == ['No results for “"portafliter handle is loose"”']
    assert texts(response, ".similar li > a") == ["Portafilter handle is loose"]


def test_search_finds_only_what_the_reader_may_read(client):
    group = Group.objects.create(name="owners")
    TopicFactory(title="Secret gasket", category=CategoryFactory(groups=[group]))

    visitor = texts(client.get("/search/?q=gasket"), ".topic-title a")
    client.force_login(MemberFactory(groups=[group]))

    assert (visitor, texts(client.get("/search/?q=gasket"), ".topic-title a")) == ([], ["Secret gasket"])


def test_search_suggests_a_spelling(client):
    TopicFactory(title="Descaling the boiler")

    response = client.get("/search/?q=descailing+boiler")

    assert links(response, "main p a[rel=nofollow]") == {"descaling boiler": "/search/?q=descaling+boiler"}
    assert (
        texts(response, "main p.small")[0]
        == "No topics match all your words. Showing results without: descailing."
    )
    assert texts(response, ".topic-title a") == ["Descaling the boiler"]


def test_search_shows_what_it_is_limited_to(client):
    duo, marta = TagFactory(name="duo"), MemberFactory(username="marta")
    TopicFactory(title="A gasket", tags=[duo], author=marta)
    TopicFactory(title="Another gasket")

    response = client.get("/search/?q=gasket tag:duo @marta")

    assert texts(response, ".topic-title a") == ["A gasket"]
    assert links(response, "a.chip") == {
        "Tag: duo (remove)": "/search/?q=gasket+%40marta",
        "By marta (remove)": "/search/?q=gasket+tag%3Aduo",
    }


def test_search_for_an_unknown_tag_or_author_names_the_nearest(client):
    TopicFactory(
        tags=[TagFactory(name="hard water", slug="hard-water")], author=MemberFactory(username="marta")
    )

    tag = client.get("/search/?q=milk tag:hard-watr")
    author = client.get("/search/?q=@<b>marta")
    nobody = client.get("/search/?q=@zzz")

    assert texts(tag, ".alert p") == ["There is no tag “hard-watr”. Did you mean hard water?"]
    assert links(tag, ".alert a") == {"hard water": "/search/?q=milk+tag%3A%22hard+water%22"}
    assert texts(author, ".alert p") == ["There is no member “<b>marta”. Did you mean marta?"]
    assert texts(nobody, ".alert p") == ["There is no member “zzz”."]


def links(response, selector):
    return {" ".join(a.text_content().split()): a.get("href") for a in page(response).cssselect(selector)}


def test_search_is_recorded_once_a_day_for_members_only(client):
    client.get("/search/?q=gasket")
    member = MemberFactory()
    client.force_login(member)
    client.get("/search/?q=Gasket")
    client.get("/search/?q=gasket")

    event = Event.objects.get(name="search.performed")
    assert (event.member_id, event.props) == (
        member.pk,
        {"query": "gasket", "results": 0, "none_found": True},
    )


@pytest.mark.parametrize("text", ["%00", "<script>alert(1)</script>", "'%22%5C", "a" * 500])
def test_search_accepts_any_input(client, text):
    response = client.get(f"/search/?q={text}")

    assert response.status_code == 200
    assert b"<script>alert" not in response.content


def test_search_costs_the_same_for_one_result_and_for_three(client, settings):
    settings.PAGE_CACHE_SECONDS = 0
    TopicFactory(title="One gasket")
    one = statements(client)
    TopicFactory.create_batch(2, title="More gaskets")

    assert statements(client) == one
    assert one == 5


def statements(client):
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/search/?q=gasket").status_code == 200
    return len(queries)


def test_members_find_people_by_the_beginning_of_any_of_their_names(client, log_in):
    for name in ("Marta Reyes", "Ana Martins", "Bartholomew Mara", "Smarta"):
        MemberFactory(display_name=name, username=name.replace(" ", "").lower())
    log_in(username="reader", display_name="Reader")

    response = client.get("/search/people/?q=@Mart")

    assert texts(response, "main .person-name") == ["Ana Martins", "Marta Reyes"]
    assert texts(client.get("/search/people/?q=nobody"), ".empty h2") == ["Nobody is called “nobody”"]


def test_people_are_only_found_by_those_who_may_see_their_profile(client, log_in):
    MemberFactory(display_name="Hidden Marta", is_private=True)
    MemberFactory(display_name="Gone Marta", is_active=False)

    assert client.get("/search/people/?q=marta").status_code == 302
    log_in()
    assert not texts(client.get("/search/people/?q=marta"), "main .person-name")
    log_in(role="sales")
    assert texts(client.get("/search/people/?q=marta"), "main .person-name") == ["Hidden Marta"]


def test_the_search_of_topics_leads_members_to_people_of_that_name(client, log_in):
    assert "/search/people/" not in client.get("/search/?q=marta").text
    log_in()
    tabs = page(client.get("/search/?q=marta r")).cssselect(".tabs a")

    assert [a.get("href") for a in tabs] == ["/search/?q=marta%20r", "/search/people/?q=marta%20r"]
