import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from community.badges.models import Badge
from community.pages import profile as profile_page
from tests.factories.badges import AwardFactory
from tests.factories.forum import AnswerFactory, CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import CompanyFactory, MemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def mira():
    return MemberFactory(
        username="mira",
        display_name="Mira Lund",
        bio_html="<p>I roast.</p>",
        company=CompanyFactory(name="Lund & Sons"),
        shows_company=True,
    )


def test_profile_shows_the_member(client, mira):
    page = client.get("/u/mira/").content.decode()

    for words in ("Mira Lund", "<p>I roast.</p>", "Lund &amp; Sons", "@mira"):
        assert words in page


def test_profile_ignores_the_case_of_the_username(client, mira):
    assert client.get("/u/MIRA/").status_code == 200


def test_profile_of_staff_shows_the_role(client):
    MemberFactory(username="jonas", role="sales")

    assert '<span class="role">Sales</span>' in client.get("/u/jonas/").content.decode()


@pytest.mark.parametrize("path", ["/u/nobody/", "/u/mira/?tab=secrets"])
def test_profile_of_an_unknown_member_or_tab_is_not_found(client, mira, path):
    assert client.get(path).status_code == 404


def test_profile_of_an_inactive_member_is_not_found(client, mira):
    mira.is_active = False
    mira.save(update_fields=["is_active"])

    assert client.get("/u/mira/").status_code == 404


def test_profile_shows_allowed_actions(client, mira):
    def has(words, reader=None):
        client.logout()
        if reader:
            client.force_login(reader)
        return words in client.get("/u/mira/").content.decode()

    assert has("Edit your profile", mira)
    assert not has("Edit your profile", MemberFactory())
    assert has('href="/journeys/members/mira/"', MemberFactory(role="sales"))
    assert not has('href="/journeys/members/mira/"', MemberFactory())
    assert not has('href="/journeys/members/mira/"')
    assert has("Open in admin", MemberFactory(role="moderator"))
    assert not has("Open in admin", MemberFactory(role="sales"))


@pytest.mark.parametrize("tab", ["", "topics", "answers", "replies"])
def test_profile_shows_visible_posts_only(client, mira, tab):
    private = CategoryFactory(groups=[])
    topic = TopicFactory(author=mira, category=private, title="Secret topic")
    PostFactory(author=mira, topic=topic, source="Secret reply")
    AnswerFactory(author=mira, topic=TopicFactory(category=private), source="Secret answer", score=5)
    PostFactory(author=mira, status="hidden", source="Hidden reply")

    def words(reader):
        client.force_login(reader)
        return client.get(f"/u/mira/?tab={tab}").content.decode()

    page = words(MemberFactory())
    assert "Secret" not in page
    assert "Hidden reply" not in page
    assert tab == "replies" or "Secret" in words(MemberFactory(role="manager"))


def test_figures_count_visible_posts_only(mira):
    private = CategoryFactory(groups=[])
    TopicFactory(author=mira, opening__like_count=2)
    TopicFactory(author=mira, category=private, opening__like_count=7)
    AnswerFactory(author=mira, is_accepted=True)
    AnswerFactory(author=mira)
    PostFactory(author=mira)

    visitor = profile_page.figures(mira, AnonymousUser())
    manager = profile_page.figures(mira, MemberFactory(role="manager"))

    assert visitor == profile_page.Figures(topics=1, answers=2, accepted=1, replies=1, likes=2)
    assert manager == profile_page.Figures(topics=2, answers=2, accepted=1, replies=1, likes=9)


def test_best_answers_come_first(mira):
    good = AnswerFactory(author=mira, score=9)
    accepted = AnswerFactory(author=mira, score=1, is_accepted=True)
    AnswerFactory(author=mira, score=0)

    assert profile_page.best_answers(mira, AnonymousUser()) == [accepted, good]


def test_badges_are_shown_once_gold_first(mira):
    gold = Badge.objects.filter(level="gold").first()
    bronze = Badge.objects.filter(level="bronze").first()
    AwardFactory(member=mira, badge=bronze, key="post:1")
    AwardFactory(member=mira, badge=bronze, key="post:2")
    AwardFactory(member=mira, badge=gold)
    AwardFactory(member=mira, taken_back_at="2026-01-01T00:00Z", taken_back_reason="No.")

    assert profile_page.badges(mira) == [profile_page.Held(gold, 1), profile_page.Held(bronze, 2)]


def test_own_profile_shows_every_badge(client, mira):
    client.force_login(mira)
    for badge in Badge.objects.all()[:8]:
        AwardFactory(member=mira, badge=badge)

    assert len(client.get("/me/").context["badges"]) == 8


@pytest.mark.parametrize("tab", ["", "topics", "answers", "replies"])
def test_profile_takes_the_same_queries_for_more_posts(client, mira, tab, django_assert_num_queries):
    def write():
        TopicFactory(author=mira)
        AnswerFactory(author=mira, score=1)
        PostFactory(author=mira)

    write()
    with CaptureQueriesContext(connection) as one:
        client.get(f"/u/mira/?tab={tab}")
    write()
    write()

    with django_assert_num_queries(len(one)):
        client.get(f"/u/mira/?tab={tab}")


def test_me_shows_the_members_own_pages(client, mira):
    assert client.get("/me/").status_code == 302

    client.force_login(mira)
    page = client.get("/me/").content.decode()

    for address in ("/me/notifications/", "/me/journey/", "/me/advocacy/", "/me/settings/", "/u/mira/"):
        assert f'href="{address}"' in page


def test_me_hides_the_score_from_staff(client):
    client.force_login(MemberFactory(role="sales"))

    page = client.get("/me/").content.decode()

    assert "Your contributions" not in page.split("<main")[1]


def test_member_pages_refuse_post(client, mira):
    assert client.post("/u/mira/").status_code == 405
    assert client.post("/me/").status_code == 405


@pytest.mark.parametrize(
    ("reader", "shown"), [("author", True), ("moderator", False), ("member", False), ("visitor", False)]
)
def test_posts_waiting_for_approval_are_listed_to_their_author_only(client, mira, reader, shown):
    topic = TopicFactory(author=mira, status="pending", title="Is my first question lost?")
    PostFactory(author=mira, status="pending", status_reason="A moderator reviews your first post.")
    who = {"author": mira, "moderator": MemberFactory(role="moderator"), "member": MemberFactory()}.get(
        reader
    )
    if who:
        client.force_login(who)

    pages = [client.get(path) for path in ("/u/mira/", "/u/mira/?tab=topics")]
    pages += [client.get("/me/")] if who else []

    for response in pages:
        page = html.fromstring(response.content.decode())
        titles = [a.text_content() for a in page.cssselect("[aria-labelledby=waiting] .topic-title a")]
        assert (topic.title in titles, len(titles)) == (shown, 2 if shown else 0)
        assert (topic.title in response.content.decode()) == shown
