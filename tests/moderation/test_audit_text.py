import ast

import pytest
from django.conf import settings
from django.urls import reverse

from community.core.audit import audit
from community.moderation.audit_text import PHRASES, address_of, describe
from community.moderation.models import AuditEntry
from tests.factories.api import make_token
from tests.factories.forum import AnswerFactory, CategoryFactory, QuestionFactory, TopicFactory
from tests.factories.members import GuidelinesFactory, MemberFactory
from tests.factories.prospects import a_prospect_asks

pytestmark = pytest.mark.django_db


def entry(name, subject, **changes):
    audit(name, actor=MemberFactory(role="manager", display_name="Marta"), subject=subject, **changes)
    return AuditEntry.objects.get()


def test_describe_links_to_the_post():
    post = AnswerFactory(topic=QuestionFactory(title="Which grinder?"))

    said = describe(entry("answer.mark_official", post))

    address = reverse("forum:post-permalink", args=[post.pk])
    assert said == f'marked <a href="{address}">#{post.number} in Which grinder?</a> as official'


@pytest.mark.parametrize(
    ("name", "make", "where", "before"),
    [
        ("topic.closed", TopicFactory, "forum:topic-short", "closed the topic"),
        ("member.warn", MemberFactory, "admin:members_member_change", "warned"),
        ("category.change", CategoryFactory, "admin:forum_category_change", "changed the category"),
    ],
)
def test_describe_links_to_the_page_of_each_kind(name, make, where, before):
    subject = make()

    said = describe(entry(name, subject))

    assert said == f'{before} <a href="{reverse(where, args=[subject.pk])}">{subject}</a>'


def test_describe_does_not_link_deleted_objects():
    category = CategoryFactory(name="Old")

    assert describe(entry("category.delete", category)) == "deleted the category Old"


def test_describe_does_not_link_objects_without_a_page():
    kept = AuditEntry(act="gone.add", object_type="gone.thing", object_id="1", object_label="Thing")

    assert describe(kept) == "added the thing Thing"


def test_describe_handles_unknown_actions():
    kept = AuditEntry(act="kettle.boil", object_type="gone.kettle", object_id="1", object_label="Blue")

    assert describe(kept) == "kettle.boil: Blue"


def test_describe_escapes_user_input():
    kept = AuditEntry(act="topic.closed", object_type="x.y", object_id="1", object_label="<b>{}</b>" * 20)

    said = describe(kept)

    assert said.startswith("closed the topic &lt;b&gt;{}&lt;/b&gt;")
    assert said.endswith("…")


def acts_in(path):
    """Return the action names a module passes to audit(), directly or through a helper."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args:
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            first = node.args[0]
            if called in ("audit", "_tell_audit") and isinstance(first, ast.Constant):
                yield first.value


def test_every_action_has_a_phrase():
    modules = [
        path
        for package in ("community", "journeys", "advocacy")
        for path in (settings.BASE_DIR / package).rglob("*.py")
    ]

    found = {name for path in modules for name in acts_in(path)}

    assert len(found) > 25
    assert found - set(PHRASES) == set()


def test_the_dashboard_shows_recent_actions(client):
    moderator = MemberFactory(role="moderator")
    topic = TopicFactory(title="Descaling")
    entry("topic.pinned", topic)
    client.force_login(moderator)

    html = client.get(reverse("admin:index")).text

    assert f'pinned the topic <a href="{reverse("forum:topic-short", args=[topic.pk])}">Descaling</a>' in html


def test_the_audit_log_page_uses_the_same_sentences(client):
    entry("topic.pinned", TopicFactory(title="Descaling"))
    client.force_login(MemberFactory(role="moderator"))

    html = client.get(reverse("admin:moderation_auditentry_changelist")).text

    assert "pinned the topic <a href=" in html


def test_entries_link_to_what_moderators_may_open():
    question, guidelines, token = a_prospect_asks(), GuidelinesFactory(), make_token()[0]

    audit("desk.settle", actor=None, subject=question)
    audit("guidelines.publish", actor=None, subject=guidelines)
    audit("api_token.revoke", actor=None, subject=token)

    addresses = {one.act: address_of(one) for one in AuditEntry.objects.all()}
    assert addresses["desk.settle"] == reverse("forum:topic-short", args=[question.pk])
    assert addresses["guidelines.publish"] == reverse("admin:members_guidelines_change", args=[guidelines.pk])
    assert addresses["api_token.revoke"] == ""  # managers only
