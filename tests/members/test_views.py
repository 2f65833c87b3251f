from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from lxml import html
from PIL import Image

from community.forum.models import Topic
from community.members.forms import BIO_MAX, ProfileForm
from community.members.models import Guidelines, Member
from community.members.services import guidelines, profiles
from tests.factories.forum import TopicFactory
from tests.factories.members import CompanyFactory, GuidelinesFactory, MemberFactory
from tests.support import corpus, with_line_feeds

pytestmark = pytest.mark.django_db
SETTINGS = "/me/settings/"
ACCEPT = "/guidelines/accept/"


@pytest.fixture
def ada(client):
    member = MemberFactory(username="ada", display_name="Ada Winter")
    client.force_login(member)
    return member


def typed(**fields):
    return {"display_name": "Ada Winter", "bio": "", "time_zone": "UTC", **fields}


def png(name="me.png"):
    file = BytesIO()
    Image.new("RGB", (50, 50), "red").save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), "image/png")


# Guidelines


def test_guidelines_are_open_to_visitors(client):
    response = client.get("/guidelines/")

    assert response.status_code == 200
    assert "Version 1" in response.text
    assert "I agree" not in response.text


def test_guidelines_show_when_the_member_agreed(client, ada):
    assert "You agreed to this version" in client.get("/guidelines/").text


def test_guidelines_ask_for_agreement_to_a_new_version(client, ada):
    guidelines.publish_guidelines("Be *very* kind.", actor=None)

    html = client.get("/guidelines/?next=/new/").text

    assert "Be <em>very</em> kind." in html
    assert "The guidelines have changed since" in html
    assert 'name="next" value="/new/"' in html


def test_guidelines_before_the_first_version(client):
    Guidelines.objects.all().delete()

    assert "No guidelines have been published yet." in client.get("/guidelines/").text


def test_guidelines_accept_saves_and_redirects(client, ada):
    newer = GuidelinesFactory(version=2)

    response = client.post(ACCEPT, {"version": "2", "next": "/new/"})

    assert response["Location"] == "/new/"
    ada.refresh_from_db()
    assert ada.guidelines == newer


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", ""])
def test_guidelines_accept_does_not_redirect_to_other_sites(client, ada, elsewhere):
    GuidelinesFactory(version=2)

    assert client.post(ACCEPT, {"version": "2", "next": elsewhere})["Location"] == "/"


@pytest.mark.parametrize("version", ["1", "", "two"])
def test_guidelines_accept_of_another_version_shows_the_new_one(client, ada, version):
    GuidelinesFactory(version=2)

    response = client.post(ACCEPT, {"version": version, "next": "/new/"})

    assert response.status_code == 422
    assert "changed after you opened this page" in response.text
    ada.refresh_from_db()
    assert ada.guidelines.version == 1


def test_guidelines_accept_requires_a_log_in(client):
    assert client.post(ACCEPT, {"version": "1"})["Location"].startswith("/accounts/login/")


def test_guidelines_accept_requires_post(client, ada):
    assert client.get(ACCEPT).status_code == 405


# Profile


def test_profile_edit_requires_a_log_in(client):
    assert client.get(SETTINGS)["Location"] == f"/accounts/login/?next={SETTINGS}"


def test_profile_edit_shows_the_current_values(client, ada):
    profiles.save_profile(ada, bio="I <roast>.", location="Ghent")
    Member.objects.filter(pk=ada.pk).update(company=CompanyFactory(name="Acme"))

    html = client.get(SETTINGS).text

    assert "I &lt;roast&gt;." in html
    assert 'value="Ghent"' in html
    assert "Show on my profile that I belong to Acme" in html
    assert "75% complete. Still empty: Picture." in html


def test_profile_edit_saves(client, ada):
    response = client.post(
        SETTINGS,
        typed(display_name="Ada W.", bio="**Hello**", website="example.com", time_zone="Europe/Brussels"),
    )

    assert response["Location"] == SETTINGS
    ada.refresh_from_db()
    assert (ada.display_name, ada.website, ada.time_zone) == (
        "Ada W.",
        "https://example.com",
        "Europe/Brussels",
    )
    assert ada.bio_html == "<p><strong>Hello</strong></p>\n"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"display_name": ""}, "This field is required."),
        ({"display_name": "\u200b"}, "with visible characters"),
        ({"display_name": "x" * 61}, "at most 60"),
        ({"display_name": "Мax Моderator"}, "a team member"),
        ({"display_name": "Caravan Support"}, "is reserved for our team"),
        ({"bio": "x" * (BIO_MAX + 1)}, "at most 1000"),
        ({"bio": "a\x00b"}, "Null characters are not allowed."),
        ({"website": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice."),
    ],
)
def test_profile_edit_shows_errors_and_keeps_what_was_typed(client, ada, fields, sentence):
    MemberFactory(role="moderator", display_name="Max Moderator")

    response = client.post(SETTINGS, typed(location="Somewhere new", **fields))

    assert response.status_code == 422
    assert sentence in response.text
    assert 'value="Somewhere new"' in response.text
    ada.refresh_from_db()
    assert (ada.display_name, ada.location) == ("Ada Winter", "")


def test_profile_edit_lets_the_team_keep_their_own_names(client):
    member = MemberFactory(role="moderator", display_name="Max Moderator")
    client.force_login(member)

    assert client.post(SETTINGS, typed(display_name="Max Moderator")).status_code == 302


def test_profile_edit_saves_and_removes_a_picture(client, ada):
    client.post(SETTINGS, typed(avatar=png()))
    ada.refresh_from_db()
    picture = client.get(ada.avatar.url)
    assert picture["Content-Type"] == "image/webp"
    assert picture["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in picture["Cache-Control"]
    assert Image.open(BytesIO(picture.getvalue())).size == (256, 256)
    assert ada.avatar.url in client.get(SETTINGS).text

    client.post(SETTINGS, typed(remove_avatar="on"))
    ada.refresh_from_db()
    assert not ada.avatar


def test_profile_edit_refuses_files_that_are_not_pictures(client, ada):
    fake = SimpleUploadedFile("me.png", b"<script>alert(1)</script>", "image/png")

    response = client.post(SETTINGS, typed(avatar=fake))

    assert response.status_code == 422
    assert "could not read this picture" in response.text


@pytest.mark.parametrize(
    ("name", "status"), [("0" * 24 + ".webp", 404), ("x.svg", 404), ("../../settings.py", 404)]
)
def test_no_other_file_is_served_as_a_picture(client, name, status):
    assert client.get(f"/media/avatars/{name}").status_code == status


def test_naughty_strings_in_a_profile_are_stored_exactly_and_shown_safely(client, ada):
    bio = "\n".join(corpus("blns/blns.json")).replace("\r", "")
    for start in range(0, len(bio), BIO_MAX):
        piece = bio[start : start + BIO_MAX]

        response = client.post(SETTINGS, typed(bio=piece))

        assert response.status_code == 302
        ada.refresh_from_db()
        assert ada.bio == with_line_feeds(piece)
        assert "<script" not in client.get(SETTINGS).text.replace("<script src=", "").replace(
            '<script type="module"', ""
        )


def test_naughty_names_places_and_sites_are_refused_or_kept_and_shown_safely(client, ada):
    """Each name goes through the form and service; one page then shows many of them as authors of topics."""
    kept = {"display_name": [], "location": [], "website": []}
    for text in corpus("blns/blns.json"):
        form = ProfileForm(typed(**dict.fromkeys(kept, text)), member=ada)
        assert set(form.errors) <= set(kept), text
        valid = {name: form.cleaned_data[name] for name in kept if name not in form.errors}
        profiles.save_profile(ada, **valid)
        for name in valid:
            kept[name].append(valid[name])

    assert min(len(kept["location"]) - 450, len(kept["display_name"]) - 300) > 0
    topics = topics_by_people_called(kept["display_name"])
    for number in range(1, (topics - 1) // 20 + 2):
        assert_safe(client.get(f"/latest/?page={number}"))
    for location in filter(None, kept["location"][::10]):
        profiles.save_profile(ada, location=location)
        assert_safe(client.get("/u/ada/"))


def topics_by_people_called(names):
    """Create a topic by a member with each name. Return the number of topics."""
    people = Member.objects.bulk_create(
        Member(username=f"somebody-{number}", display_name=name) for number, name in enumerate(names)
    )
    first = TopicFactory()
    shared = {name: getattr(first, name) for name in ("category", "kind", "title", "slug", "status")}
    Topic.objects.bulk_create(Topic(author=person, last_post_author=person, **shared) for person in people)
    return Topic.objects.count()


def assert_safe(response):
    """Check that the page has no injected script, event handler or javascript: link."""
    assert response.status_code == 200
    for node in html.fromstring(response.content.decode()).iter():
        if isinstance(node.tag, str):
            assert node.tag != "script" or node.get("src", "").startswith("/static/")
            assert not [name for name in node.attrib if name.startswith("on")]
            assert (
                not (node.get("href") or "").strip().lower().startswith(("javascript:", "vbscript:", "data:"))
            )


# Username check


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Leave empty to create one from your name."),
        ("display_name=Bo+Summer", "Your username will be <strong>@bo-summer</strong>"),
        ("display_name=Ada", "Your username will be <strong>@ada-2</strong>"),
        ("username=bo-summer", "@bo-summer is available."),
        ("username=ADA", "@ADA is taken.</span> @ada-2 is available."),
        ("username=admin", "“admin” is not available."),
        ("username=a+b+c", "Use only letters a to z"),
        ("username=%3Cscript%3E", "Use only letters a to z"),
    ],
)
def test_username_check(client, query, said):
    MemberFactory(username="ada")

    response = client.get(f"/accounts/username/?{query}")

    assert response.status_code == 200
    assert said in response.text


def test_username_check_requires_get(client):
    assert client.post("/accounts/username/").status_code == 405


# Time zone


def test_times_are_shown_in_the_members_own_time_zone(client, ada):
    Member.objects.filter(pk=ada.pk).update(
        time_zone="Asia/Tokyo", guidelines_accepted_at="2026-07-01T12:00:00Z"
    )

    assert ">1 Jul 2026, 21:00<" in client.get("/guidelines/").text


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd"])
def test_an_unknown_time_zone_falls_back_to_utc(client, ada, zone):
    Member.objects.filter(pk=ada.pk).update(time_zone=zone, guidelines_accepted_at="2026-07-01T12:00:00Z")

    assert ">1 Jul 2026, 12:00<" in client.get("/guidelines/").text
