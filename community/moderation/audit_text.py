"""The sentences of the audit log: what was done, and to what."""

from __future__ import annotations

from typing import Final

from django.apps import apps
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from .models import AuditEntry

LABEL = 60

# {} stands for what the act was done to.
PHRASES: Final[dict[str, str]] = {
    "answer.accept": gettext_noop("accepted an answer, {}"),
    "answer.mark_official": gettext_noop("made an answer official, {}"),
    "answer.unaccept": gettext_noop("no longer accepts an answer, {}"),
    "answer.unmark_official": gettext_noop("took the official mark from an answer, {}"),
    "api_token.issue": gettext_noop("issued the API token {}"),
    "api_token.revoke": gettext_noop("revoked the API token {}"),
    "appeal.decide": gettext_noop("answered an appeal, {}"),
    "badge.give": gettext_noop("gave the badge {}"),
    "badge.take_back": gettext_noop("took back the badge {}"),
    "company.verify_domain": gettext_noop("verified the domain of {}"),
    "dead_letter.retry": gettext_noop("tried a dead letter again, {}"),
    "desk.hand_over": gettext_noop("handed over the question {}"),
    "desk.settle": gettext_noop("settled the question {}"),
    "desk.urgent": gettext_noop("changed the urgency of the question {}"),
    "guidelines.publish": gettext_noop("published {}"),
    "member.invite": gettext_noop("invited {}"),
    "member.silence": gettext_noop("silenced {}"),
    "member.step_back": gettext_noop("ended the empty account {}, whose owner took another one over"),
    "member.suspend": gettext_noop("suspended {}"),
    "member.warn": gettext_noop("warned {}"),
    "post.approve": gettext_noop("approved the post {}"),
    "post.delete": gettext_noop("deleted the post {}"),
    "post.edit": gettext_noop("edited the post {}"),
    "post.hide": gettext_noop("hid the post {}"),
    "post.restore": gettext_noop("restored the post {}"),
    "post.unhide": gettext_noop("showed the post {} again"),
    "review.decide": gettext_noop("decided in the review queue, {}"),
    "revision.hide": gettext_noop("hid an earlier version of the post {}"),
    "revision.show": gettext_noop("showed an earlier version of the post {} again"),
    "roles.set": gettext_noop("changed the roles of {}"),
    "ruleset.published": gettext_noop("published {}"),
    "sanction.end": gettext_noop("ended the sanction of {}, whose time was over"),
    "sanction.lift": gettext_noop("lifted the sanction of {}"),
    "set_aside.let_in": gettext_noop("let in a fact that was kept out, {}"),
    "stage.override_cleared": gettext_noop("ended the override of the stage of {}"),
    "stage.override_set": gettext_noop("set the stage of {} by hand"),
    "topic.closed": gettext_noop("closed the topic {}"),
    "topic.edit": gettext_noop("edited the title or tags of {}"),
    "topic.merged": gettext_noop("merged another topic into {}"),
    "topic.moved": gettext_noop("moved the topic {}"),
    "topic.pinned": gettext_noop("pinned the topic {}"),
    "topic.reopened": gettext_noop("reopened the topic {}"),
    "topic.split": gettext_noop("split replies off the topic {}"),
    "topic.unpinned": gettext_noop("unpinned the topic {}"),
    "waiting_event.assign": gettext_noop("found the member for {}"),
    "waiting_event.dismiss": gettext_noop("dismissed {}"),
}
# What the admin's own pages do to any kind of row, with its name.
_BY_VERB: Final[dict[str, str]] = {
    "add": gettext_noop("added the {} {}"),
    "change": gettext_noop("changed the {} {}"),
    "delete": gettext_noop("deleted the {} {}"),
}
_PAGES: Final[dict[str, str]] = {
    "forum.post": "forum:post-permalink",
    "forum.topic": "forum:topic-short",
    "prospects.deskquestion": "prospects:question-detail",
}


def describe(entry: AuditEntry) -> SafeString:
    """Say what was done, with a link to what it was done to while there is a page of it."""
    label = Truncator(entry.object_label).chars(LABEL)
    address = address_of(entry)
    what = format_html('<a href="{}">{}</a>', address, label) if address else label
    if entry.act in PHRASES:
        return format_html(_(PHRASES[entry.act]), what)
    verb = entry.act.rpartition(".")[2]
    if verb in _BY_VERB:
        return format_html(_(_BY_VERB[verb]), _kind(entry), what)
    return format_html("{}: {}", entry.act, what)


def address_of(entry: AuditEntry) -> str:
    """Return the page of what the act was done to; empty when it has none or is gone."""
    if entry.act.endswith(".delete") and entry.act != "post.delete":
        return ""
    app, _dot, model = entry.object_type.partition(".")
    name = _PAGES.get(entry.object_type, f"admin:{app}_{model}_change")
    try:
        return reverse(name, args=[entry.object_id])
    except NoReverseMatch:
        return ""


def _kind(entry: AuditEntry) -> str:
    try:
        return str(apps.get_model(entry.object_type)._meta.verbose_name)
    except LookupError:
        return entry.object_type.rpartition(".")[2]
