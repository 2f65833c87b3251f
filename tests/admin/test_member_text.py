"""Members' text is never run as code in the admin, whose theme evaluates attributes such as x-data and @click.

The theme needs `unsafe-eval` for that, because Alpine's CSP build does not support its expressions. So no member's text
may reach an attribute that Alpine evaluates, or become an element.
"""

import lxml.html
import pytest
from django.contrib import admin
from django.db import IntegrityError, models, transaction
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Page

from community.badges.models import Award
from community.core.markdown import render
from community.members.models import Invitation, Member
from community.moderation.models import AuditEntry, BlockedWord, ReviewItem
from tests.factories.badges import AwardFactory
from tests.factories.forum import PostFactory, TagFactory, TopicFactory
from tests.factories.members import CompanyFactory, MemberFactory
from tests.factories.moderation import FlagFactory, ReviewItemFactory, SanctionFactory

pytestmark = pytest.mark.django_db

MARK = "hit4711"
PAYLOAD = (
    f"'+({MARK}=1)+'\\"  # breaks out of a string in an expression
    f'"><i x-data="{{}}" x-init="{MARK}=1" @click="{MARK}=1" :title="{MARK}=1" x-html="{MARK}">'
    f"{{{{ {MARK}=1 }}}} `${{{MARK}=1}}`"
)
MARKDOWN = f"""{PAYLOAD}

<div x-data="{{}}" x-init="{MARK}=1" @mouseenter="{MARK}=1" :class="{MARK}=1" v-html="{MARK}=1">text</div>
<a href="https://a.example" x-on:focus="{MARK}=1" x-bind:href="{MARK}=1" hx-on:load="{MARK}=1">link</a>
[link](https://a.example "{PAYLOAD}") ![image](/media/x.png "{PAYLOAD}") `{PAYLOAD}`
"""
# Columns that are computed instead of written by people, or that pages depend on.
NOT_TYPED = {
    "status",
    "kind",
    "language",
    "time_zone",
    "slug",
    "role",
    "event_id",
    "object_type",
    "type",
    "subject_type",
}


@pytest.fixture
def written():
    """Rows of everything that members write, with the payload in every text column that accepts it."""
    author = MemberFactory(company=CompanyFactory(), password="x")
    topic = TopicFactory(author=author)
    post = PostFactory(topic=topic, author=author)
    topic.tags.add(TagFactory())
    rows = [author, author.company, topic, *topic.posts.all(), *topic.tags.all()]
    rows += [FlagFactory(post=post), SanctionFactory(member=author), AwardFactory(member=author)]
    for kind in ("flagged", "held", "appeal"):
        rows.append(ReviewItemFactory(kind=kind, post=post, member=author))
    rows.append(BlockedWord.objects.create(phrase="x"))
    rows.append(Invitation.objects.create(member=MemberFactory(), email="a@b.example", invited_by=author))
    for row in rows:
        fill(row)
    entry = {
        "act": "x",
        "actor_name": PAYLOAD[:120],
        "object_type": "members.member",
        "object_id": "1",
        "object_label": PAYLOAD,
    }
    AuditEntry.objects.create(
        **entry, reason=PAYLOAD, before={"name": PAYLOAD}, after={PAYLOAD[:20]: PAYLOAD}
    )
    html = render(MARKDOWN, mentions=Member.objects.addresses_of).html
    topic.posts.update(source=MARKDOWN, html=html)
    Member.objects.filter(pk=author.pk).update(bio=MARKDOWN, bio_html=html, username="ada-of-acme")
    assert Award.objects.exists()
    return author


def fill(row: models.Model) -> None:
    for field in row._meta.concrete_fields:
        if not isinstance(field, models.CharField | models.TextField) or field.choices:
            continue
        if field.name in NOT_TYPED or field.name.endswith(("html", "password")) or field.primary_key:
            continue
        text = PAYLOAD[: field.max_length or len(PAYLOAD)]
        try:
            with transaction.atomic():
                type(row)._base_manager.filter(pk=row.pk).update(**{field.name: text})
        except IntegrityError:
            pass  # a database constraint rejects such text


def addresses():
    """Every admin list, searched for the payload, and the page of every row."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield f"{reverse(f'{name}_changelist')}?q={'%22x-init=' + MARK}"
        for row in model._base_manager.all()[:4]:
            for page in ("change", "history", "delete"):
                try:
                    yield reverse(f"{name}_{page}", args=[row.pk])
                except NoReverseMatch:
                    continue


def is_evaluated(name: str) -> bool:
    return name.startswith(("x-", "@", ":", "on", "hx-on", "hx-vals", "hx-vars", "v-"))


def test_no_text_reaches_what_the_admin_evaluates(client, written):
    client.force_login(MemberFactory(is_superuser=True, is_staff=True, role="manager"))
    seen, evaluated = 0, []

    for address in addresses():
        response = client.get(address)
        if response.status_code != 200 or "html" not in response["Content-Type"]:
            continue
        seen += MARK in response.text
        for element in lxml.html.fromstring(response.text).iter(lxml.html.etree.Element):
            for name, value in element.attrib.items():
                if MARK in name or (MARK in value and is_evaluated(name)):
                    evaluated.append((address, element.tag, name, value[:200]))
            if element.tag == "script" and MARK in (element.text or ""):
                evaluated.append((address, "script", element.get("type"), element.text[:200]))

    assert seen > 20
    assert evaluated == []


def test_no_text_is_executed_in_a_browser(page: Page, login, written):
    login(page, MemberFactory(is_superuser=True, is_staff=True, role="manager"))
    lists = ["members/member", "forum/topic", "forum/post", "moderation/reviewitem", "moderation/auditentry"]
    items = [
        reverse("admin:moderation_reviewitem_change", args=[item.pk]) for item in ReviewItem.objects.all()
    ]
    member = reverse("admin:members_member_change", args=[written.pk])

    for address in ["/admin/", *(f"/admin/{name}/" for name in lists), member, *items]:
        page.goto(f"{address}?q={MARK}=1" if "change" not in address else address)
        for summary in page.locator("main summary:visible").all():
            summary.click()
        assert page.evaluate(f"typeof {MARK}") == "undefined", address


def test_no_post_has_attributes_that_scripts_evaluate():
    document = lxml.html.fromstring(render(MARKDOWN).html)

    names = {name for element in document.iter(lxml.html.etree.Element) for name in element.attrib}
    assert [name for name in names if is_evaluated(name)] == []
    assert document.cssselect("a[href]")
