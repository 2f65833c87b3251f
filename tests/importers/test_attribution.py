import pytest

from community.forum.models import Post
from community.importers.models import ImportedRow
from community.importers.services.attribution import Attribution, attribution_of, with_origin
from tests.factories.forum import PostFactory
from tests.importers.test_imports import post, topic

pytestmark = pytest.mark.django_db


def attributions_of(ids):
    posts = with_origin(Post.objects.filter(pk__in=ids))
    return {found.pk: origin for found in posts if (origin := attribution_of(found))}


def test_attributions_have_site_licence_and_url(dump, imported):
    imported(dump)

    assert attributions_of([post(11).pk]) == {
        post(11).pk: Attribution(
            site="beer.example.com",
            url="https://beer.example.com/q/11",
            licence="CC BY-SA 4.0",
            licence_url="https://creativecommons.org/licenses/by-sa/4.0/",
        )
    }


def test_attributions_of_comments_link_to_the_comment(dump, imported):
    imported(dump)

    comment = post(5, "comment").pk
    assert attributions_of([comment])[comment].url == "https://beer.example.com/posts/comments/5"


def test_our_own_posts_have_no_attribution(db):
    assert attributions_of([PostFactory().pk]) == {}


@pytest.mark.parametrize("licence", ["", "All rights reserved", "CC BY-SA javascript:x", "CC BY-SA 9.9"])
def test_attributions_link_known_licences_only(dump, imported, licence):
    imported(dump)
    ImportedRow.objects.update(licence=licence)

    found = attributions_of([post(11).pk])[post(11).pk]
    assert (found.licence, found.licence_url) == (licence, "")


def test_attributions_do_not_link_unknown_sites(dump, imported):
    imported(dump)
    ImportedRow.objects.update(site="village")

    assert attributions_of([post(11).pk])[post(11).pk].url == ""


def test_attributions_cost_one_query_for_any_page(dump, imported, django_assert_num_queries):
    imported(dump)
    rows = list(topic().posts.all())

    for page in (rows[:1], rows):
        with django_assert_num_queries(1):
            attributions_of([row.pk for row in page])
