import csv
import io

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from community.core.audit import audit, audit_context, plain
from community.moderation.models import AuditEntry
from tests.factories.forum import CategoryFactory
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db

LOG = reverse("admin:moderation_auditentry_changelist")


def entry(**fields):
    actor = fields.pop("actor", None) or MemberFactory(role="manager", display_name="Marta")
    audit(
        fields.pop("name", "category.change"),
        actor=actor,
        subject=fields.pop("subject", CategoryFactory()),
        **fields,
    )
    return AuditEntry.objects.first()


def test_audit_stores_actor_action_before_and_after():
    category = CategoryFactory(name="Machines")

    kept = entry(subject=category, before={"name": "Gear"}, after={"name": "Machines"}, reason="Clearer")

    assert (kept.actor_name, kept.act, kept.object_label) == ("Marta", "category.change", "Machines")
    assert (kept.before, kept.after, kept.reason) == ({"name": "Gear"}, {"name": "Machines"}, "Clearer")
    assert (kept.object_type, kept.object_id) == ("forum.category", str(category.pk))


def test_audit_without_an_actor_names_the_system():
    audit("post.hide", actor=None, subject=CategoryFactory())

    assert AuditEntry.objects.get().actor_name == "Caravan"


def test_audit_stores_the_path():
    with audit_context(path="/admin/"), audit_context(address="10.0.0.1"):
        kept = entry()
    after = entry()

    assert kept.context == {"path": "/admin/", "address": "10.0.0.1"}
    assert after.context == {}


def test_audit_serializes_any_value():
    category = CategoryFactory()

    assert plain({"a": {1}, "b": category, "c": (None, 2.5), "d": {"e": object}})["b"] == category.pk


def test_a_rolled_back_change_leaves_no_entry():
    class Stop(Exception):
        pass

    with pytest.raises(Stop), transaction.atomic():
        entry()
        raise Stop

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("change", [lambda rows: rows.update(reason="x"), lambda rows: rows.delete()])
def test_the_log_is_append_only(change):
    kept = entry()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(AuditEntry.objects.filter(pk=kept.pk))


def test_the_list_can_be_filtered_and_searched(as_moderator):
    entry(name="post.hide", reason="Spam in a topic")
    entry(name="roles.set")

    by_act = as_moderator.get(LOG, {"act__exact": "roles.set"}).context["cl"].result_list
    by_word = as_moderator.get(LOG, {"q": "Spam in"}).context["cl"].result_list

    assert [found.act for found in by_act] == ["roles.set"]
    assert [found.act for found in by_word] == ["post.hide"]


def test_an_entry_shows_the_difference(as_moderator):
    kept = entry(before={"name": "<b>Gear</b>"}, after={"name": "Machines"})

    html = as_moderator.get(reverse("admin:moderation_auditentry_change", args=[kept.pk])).content.decode()

    assert "&lt;b&gt;Gear&lt;/b&gt;" in html
    assert "Machines" in html


@pytest.mark.parametrize("act", ["change", "delete"])
def test_superusers_cannot_change_or_delete_entries(client, act):
    kept = entry()
    client.force_login(MemberFactory(is_superuser=True, is_staff=True, role="manager"))

    response = client.post(reverse(f"admin:moderation_auditentry_{act}", args=[kept.pk]), {"post": "yes"})

    assert response.status_code == 403


def rows_of(response):
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_the_export_matches_the_filtered_list(as_moderator):
    entry(name="post.hide", reason="Spam")
    entry(name="roles.set", before={"roles": []}, after={"roles": ["sales"]})

    response = as_moderator.get(
        reverse("admin:moderation_auditentry_export_all"), {"act__exact": "roles.set"}
    )

    rows = rows_of(response)
    assert [row["act"] for row in rows] == ["roles.set"]
    assert rows[0]["after"] == '{"roles": ["sales"]}'
    assert response["Content-Disposition"] == 'attachment; filename="audit-log.csv"'


def test_the_export_of_selected_rows(as_moderator):
    kept = entry(name="post.hide")
    entry(name="roles.set")

    response = as_moderator.post(
        LOG, {"action": "export_selected", "_selected_action": [kept.pk], "index": 0}
    )

    assert [row["act"] for row in rows_of(response)] == ["post.hide"]


def test_the_export_escapes_formulas(as_moderator):
    entry(reason="=HYPERLINK(1)")

    rows = rows_of(as_moderator.get(reverse("admin:moderation_auditentry_export_all")))

    assert rows[0]["reason"] == "'=HYPERLINK(1)"
