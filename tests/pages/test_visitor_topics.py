"""A visitor writes first and signs up or logs in afterwards: nothing is lost, and nobody else gets the text."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from django.utils import timezone

from community.forum.models import Category, Topic
from community.members.models import Member, VisitorDraft
from community.members.services.unused_accounts import is_unused
from community.members.tasks import delete_expired_drafts
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory
from tests.forum.pages import page, texts
from tests.support import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("confirmation_is_needed")]

NEW, KEPT = "/new/", "/new/?kept=1"
PASSWORD = "a quiet morning walk"
TITLE, TEXT = (
    "Which grinder for an office of ten?",
    "Ten people.\n\n<b>Two kinds</b> of beans, and **no noise**.",
)
TYPED = {"title": TITLE, "source": TEXT, "kind": "question", "shown_to": "visitor"}
OWN = {"Origin": "http://testserver"}


@pytest.fixture
def category():
    return CategoryFactory(name="Before you buy", slug="before-you-buy", kind="prospect")


def confirmed(name, **fields):
    member = MemberFactory(username=name, email=f"{name}@acme.example", password=PASSWORD, **fields)
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


@pytest.fixture
def ada():
    return confirmed("ada", customer_since="2026-01-01")


def begin(client, where, **changes):
    return client.post(NEW, {**TYPED, "category": where.pk, **changes})


def log_in(client, email="ada@acme.example", password=PASSWORD, **query):
    return client.post("/accounts/login/", {"login": email, "password": password, **query})


def sign_up(client, email="new@acme.example", **query):
    typed = {"display_name": "Nina New", "email": email, "password1": PASSWORD, "guidelines": "on", **query}
    return client.post("/accounts/signup/", typed)


def confirm(client):
    return client.post(re.search(r"http://testserver(\S+)", mail.outbox[-1].body)[1])


def form_of(response, selector="main form.form"):
    form = page(response).cssselect(selector)[0]
    values = {field.name: field.value or "" for field in form.inputs if field.name}
    # Browsers ignore the line break after <textarea>, which lxml does not.
    return form.get("action"), {name: value.removeprefix("\n") for name, value in values.items()}


def offered(client):
    """Return the title and text in the member's composer."""
    fields = form_of(client.get(KEPT))[1]
    return fields["title"], fields["source"]


# Writing


def test_topic_begin_opens_for_visitors_and_is_prefilled(client, category):
    response = client.get("/new/?category=before-you-buy&title=Which+one")

    fields = form_of(response)[1]
    assert (response.status_code, fields["category"], fields["title"]) == (200, str(category.pk), "Which one")
    assert fields["kind"] == "question"
    assert "sessionid" not in response.cookies


def test_topic_begin_offers_what_any_member_may_start_in_and_visitors_may_see(client, category):
    CategoryFactory(name="For some", groups=[])
    CategoryFactory(name="Closed", is_archived=True)
    CategoryFactory(name="Members see it", see_by=Category.Audience.MEMBERS)
    CategoryFactory(name="Staff write it", create_by=Category.Audience.GROUPS)
    CategoryFactory(name="Mills", parent=category)

    options = page(client.get(NEW)).cssselect("[name=category] option")

    names = [option.text.translate(dict.fromkeys(map(ord, "\u2068\u2069"))) for option in options]
    assert names == ["Choose…", "Before you buy", "Before you buy › Mills"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"title": "Hm"}, "title"), ({"source": "x"}, "source"), ({"category": "0"}, "category")],
)
def test_topic_begin_shows_mistakes_before_sign_up_and_keeps_nothing(client, category, changes, field):
    response = begin(client, category, **changes)

    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert form_of(response)[1]["title"] == changes.get("title", TITLE)
    assert "sessionid" not in response.cookies


def test_topic_begin_takes_the_type_from_the_category_if_it_must(client, category, ada):
    begin(client, category, kind="idea", log_in="1")

    log_in(client, next=KEPT)

    assert ada.visitor_draft.fields["kind"] == "question"


def test_topic_begin_is_limited_and_keeps_the_text_on_the_page(client, category, settings):
    settings.RATE_LIMITS = {"visitor-drafts": "1/hour"}
    begin(Browser(), category)

    response = begin(client, category)

    assert (response.status_code, form_of(response)[1]["source"]) == (429, TEXT)
    assert int(response["Retry-After"]) > 3000
    assert "sessionid" not in response.cookies


def test_topic_begin_keeps_nothing_that_another_site_sends(category):
    client = Client(enforce_csrf_checks=True)

    response = client.post(
        NEW, {**TYPED, "category": category.pk}, headers={"Origin": "https://evil.example"}
    )

    assert response.status_code == 403
    assert TITLE not in response.text
    assert client.get(KEPT).context["form"].initial["title"] == ""


def test_the_session_of_a_visitor_ends_after_an_hour(client, category):
    assert begin(client, category).cookies["sessionid"]["max-age"] == 3600


# Logging in and signing up


def test_after_log_in_the_text_is_there_and_is_posted(client, category, ada):
    response = begin(client, category, log_in="1")
    assert response.url == "/accounts/login/?next=%2Fnew%2F%3Fkept%3D1"

    assert log_in(client, next=KEPT).url == KEPT
    action, fields = form_of(client.get(KEPT))
    assert (fields["title"], fields["source"], fields["category"]) == (TITLE, TEXT, str(category.pk))
    assert Topic.objects.count() == 0

    client.post(action, {**fields, "kind": "question"})
    topic = Topic.objects.get()
    assert (topic.author, topic.category, topic.title, topic.posts.get().source) == (
        ada,
        category,
        TITLE,
        TEXT,
    )
    assert VisitorDraft.objects.count() == 0
    assert client.get(KEPT).context["form"].initial["title"] == ""


def test_after_sign_up_and_confirmation_in_the_same_browser_the_text_is_there(client, category):
    response = begin(client, category)
    assert response.url == "/accounts/signup/?next=%2Fnew%2F%3Fkept%3D1"
    assert sign_up(client, next=KEPT).url == "/accounts/confirm-email/"

    assert confirm(client).url == KEPT

    assert offered(client) == (TITLE, TEXT)


def test_after_confirmation_in_another_browser_the_text_is_there(client, category):
    begin(client, category)
    sign_up(client, next=KEPT)
    phone = Browser()

    confirm(phone)
    response = log_in(phone, "new@acme.example")

    assert response.url == KEPT
    assert offered(phone) == (TITLE, TEXT)
    assert "visitor_draft" not in client.session


def test_after_sign_up_without_confirmation_the_text_is_there(client, category, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    begin(client, category)

    assert sign_up(client, next=KEPT).url == KEPT

    assert offered(client) == (TITLE, TEXT)


def test_the_way_from_sign_up_to_log_in_keeps_the_text(client, category, ada):
    link = page(client.get(begin(client, category).url)).cssselect(".entrance p > a[href*=login]")[0]
    fields = form_of(client.get(link.get("href")))[1]

    assert log_in(client, next=fields["next"]).url == KEPT
    assert offered(client) == (TITLE, TEXT)


def test_a_later_draft_replaces_the_first(client, category, ada):
    for title in ("The first of two questions", TITLE):
        client = Browser()
        begin(client, category, title=title)
        log_in(client, next=KEPT)

    assert offered(client) == (TITLE, TEXT)
    assert VisitorDraft.objects.count() == 1


def wrong_password(client):
    log_in(client, password="not this one", next=KEPT)


def wrong_password_from_the_header(client):
    log_in(client, password="not this one")


def sign_up_again(client):
    sign_up(client, "ada@acme.example", next=KEPT)


@pytest.mark.parametrize(
    ("before", "who", "query", "gets_it"),
    [
        (None, "ada", {"next": KEPT}, True),
        (None, "ada", {}, False),
        (None, "ada", {"next": "/latest/"}, False),
        (wrong_password, "ada", {}, True),  # after a password reset, for example
        (wrong_password, "ada", {"next": "/latest/"}, True),
        (wrong_password, "bo", {}, False),
        (wrong_password_from_the_header, "ada", {}, False),
        (sign_up_again, "ada", {}, True),  # the mail says that there is an account
        (sign_up_again, "bo", {}, False),
    ],
)
def test_only_who_came_from_the_draft_gets_it(client, category, ada, before, who, query, gets_it):
    confirmed("bo")
    begin(client, category, log_in="1")
    if before:
        before(client)

    response = log_in(client, f"{who}@acme.example", **query)

    assert response.url == query.get("next", KEPT if gets_it else "/")
    assert offered(client) == ((TITLE, TEXT) if gets_it else ("", ""))
    assert "visitor_draft" not in client.session


def test_nobody_gets_it_after_log_out_by_another_member(client, category, ada):
    confirmed("bo")
    begin(client, category)
    log_in(client, next=KEPT)
    client.post("/accounts/logout/")

    log_in(client, "bo@acme.example", next=KEPT)

    assert offered(client) == ("", "")


def test_signing_up_with_the_address_of_a_member_gives_them_nothing(client, category, ada):
    begin(client, category)
    sign_up(client, ada.email, next=KEPT)
    theirs = Browser()

    assert log_in(theirs).url == "/"
    assert offered(theirs) == ("", "")


def test_an_hour_later_the_text_is_gone(client, category, ada):
    begin(client, category)

    with time_machine.travel(timezone.now() + timedelta(seconds=3700)):
        log_in(client, next=KEPT)
        assert offered(client) == ("", "")


# Not posting


def test_the_draft_of_an_account_expires_after_a_week(client, category, ada):
    begin(client, category)
    log_in(client, next=KEPT)

    VisitorDraft.objects.update(kept_at=timezone.now() - timedelta(days=6))
    delete_expired_drafts()
    assert offered(client) == (TITLE, TEXT)

    VisitorDraft.objects.update(kept_at=timezone.now() - timedelta(days=8))
    assert offered(client) == ("", "")
    delete_expired_drafts()
    assert VisitorDraft.objects.count() == 0


def test_draft_discard_deletes_the_members_own(client, category, ada):
    begin(client, category)
    log_in(client, next=KEPT)
    other = VisitorDraft.objects.create(member=MemberFactory(), address=KEPT, fields={})

    assert client.get("/new/discard/").status_code == 405
    client.post("/new/discard/")

    assert VisitorDraft.objects.get() == other
    assert Browser().post("/new/discard/").url.startswith("/accounts/login/")


def test_a_draft_is_shown_to_its_member_only(client, category, ada):
    VisitorDraft.objects.create(member=ada, address=KEPT, fields={"title": TITLE, "source": TEXT})
    client.force_login(MemberFactory(role="manager"))

    assert offered(client) == ("", "")


def test_an_account_with_nothing_but_a_draft_is_unused(ada):
    Member.objects.filter(pk=ada.pk).update(customer_since=None)
    EmailAddress.objects.all().delete()
    VisitorDraft.objects.create(member=ada, address=KEPT, fields={})

    assert is_unused(Member.objects.get(pk=ada.pk))


# A page that was left open


def test_a_form_for_visitors_can_be_sent_after_logging_in_on_another_page(category, ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    client.cookies["csrftoken"] = _get_new_csrf_string()
    typed = {**TYPED, "category": category.pk, "csrfmiddlewaretoken": _get_new_csrf_string()}

    response = client.post(NEW, typed, headers=OWN)

    assert (response.status_code, texts(response, "main h1")) == (403, ["This has not been sent yet"])
    action, fields = form_of(response)
    client.post(action, fields, headers=OWN)
    assert Topic.objects.get().author == ada


def test_the_composer_of_a_member_whose_session_has_ended_is_theirs(client, category, ada):
    typed = {**TYPED, "category": category.pk, "shown_to": ada.pk}

    assert client.post(NEW, typed).url == "/accounts/login/?next=%2Fme%2Funsent%2F"
    log_in(client, next="/me/unsent/")

    assert form_of(client.get("/me/unsent/"))[1]["source"] == TEXT
    assert VisitorDraft.objects.count() == 0
