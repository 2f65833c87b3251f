"""Describe audit log entries in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.apps import apps
from django.contrib.admin import site
from django.contrib.admin.exceptions import NotRegistered
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from community.members.models import Member

from .models import AuditEntry

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_LABEL_LENGTH = 60

# {} is replaced by the object of the action.
PHRASES: Final[dict[str, StrOrPromise]] = {
    "answer.accept": _("accepted the answer {}"),
    "answer.mark_official": _("marked {} as official"),
    "answer.unaccept": _("unaccepted the answer {}"),
    "answer.unmark_official": _("removed the official mark from {}"),
    "api_token.issue": _("issued the API token {}"),
    "api_token.revoke": _("revoked the API token {}"),
    "appeal.decide": _("decided on {}"),
    "badge.give": _("awarded the badge {}"),
    "badge.take_back": _("took back the badge {}"),
    "company.verify_domain": _("verified the domain of {}"),
    "dead_letter.retry": _("retried the dead letter {}"),
    "desk.hand_over": _("reassigned the question {}"),
    "desk.settle": _("marked the question {} as needing no answer"),
    "desk.urgent": _("changed the urgency of the question {}"),
    "guidelines.publish": _("published {}"),
    "member.invite": _("invited {}"),
    "member.silence": _("silenced {}"),
    "member.step_back": _("closed the empty account {} after its owner claimed another one"),
    "member.suspend": _("suspended {}"),
    "member.warn": _("warned {}"),
    "post.approve": _("approved the post {}"),
    "post.delete": _("deleted the post {}"),
    "post.edit": _("edited the post {}"),
    "post.hide": _("hid the post {}"),
    "post.restore": _("restored the post {}"),
    "post.unhide": _("unhid the post {}"),
    "review.decide": _("decided on {}"),
    "revision.hide": _("hid an earlier version of the post {}"),
    "revision.show": _("unhid an earlier version of the post {}"),
    "roles.set": _("changed the roles of {}"),
    "ruleset.published": _("published {}"),
    "sanction.end": _("ended the expired sanction of {}"),
    "sanction.lift": _("lifted a sanction of {}"),
    "set_aside.let_in": _("released {} from quarantine"),
    "stage.override_cleared": _("removed the stage override of {}"),
    "stage.override_set": _("set the stage of {} manually"),
    "topic.closed": _("closed the topic {}"),
    "topic.edit": _("edited the title or tags of {}"),
    "topic.merged": _("merged another topic into {}"),
    "topic.moved": _("moved the topic {}"),
    "topic.pinned": _("pinned the topic {}"),
    "topic.reopened": _("reopened the topic {}"),
    "topic.split": _("split replies from the topic {}"),
    "topic.unpinned": _("unpinned the topic {}"),
    "waiting_event.assign": _("matched {} to a member"),
    "waiting_event.dismiss": _("dismissed {}"),
}
# Changes made in the admin, to a row of any model: the model's name and the row's label.
_BY_VERB: Final[dict[str, StrOrPromise]] = {
    "add": _("added the {} {}"),
    "change": _("changed the {} {}"),
    "delete": _("deleted the {} {}"),
}
_PAGES: Final[dict[str, str]] = {
    "api.setaside": "admin:api_quarantinedevent_change",  # the model's name in older entries
    "forum.post": "forum:post-permalink",
    "forum.topic": "forum:topic-short",
    # The topic has the same id, and not every moderator is on the roster.
    "prospects.deskquestion": "forum:topic-short",
}


def describe(entry: AuditEntry) -> SafeString:
    """Return a sentence that says what was done, with a link to the object if it has a page."""
    label = Truncator(entry.object_label).chars(MAX_LABEL_LENGTH)
    address = address_of(entry)
    what = format_html('<a href="{}">{}</a>', address, label) if address else label
    if entry.act in PHRASES:
        return format_html(str(PHRASES[entry.act]), what)
    verb = entry.act.rpartition(".")[2]
    if verb in _BY_VERB:
        return format_html(str(_BY_VERB[verb]), _kind(entry), what)
    return format_html("{}: {}", entry.act, what)


def address_of(entry: AuditEntry) -> str:
    """Return the URL of the object's page; empty if it was deleted or has no page that moderators may open."""
    if entry.act.endswith(".delete") and entry.act != "post.delete":
        return ""
    try:
        return reverse(
            _PAGES.get(entry.object_type) or _admin_page(entry.object_type), args=[entry.object_id]
        )
    except (NoReverseMatch, LookupError, NotRegistered):
        return ""


def _admin_page(object_type: str) -> str:
    """Return the name of the model's page in the admin. Raises LookupError or NotRegistered if moderators have none."""
    model = apps.get_model(object_type)
    if not set(Member.MODERATORS) <= set(getattr(site.get_model_admin(model), "seen_by", ())):
        raise LookupError(object_type)
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_change"


def _kind(entry: AuditEntry) -> str:
    try:
        return str(apps.get_model(entry.object_type)._meta.verbose_name)
    except LookupError:
        return entry.object_type.rpartition(".")[2]
