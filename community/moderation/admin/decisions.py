"""Handle the buttons of a review item's page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from community.core.permissions import require
from community.core.requests import whole_number
from community.members.models import Member
from community.members.requests import member_of
from community.moderation import rules
from community.moderation.forms.staff import AppealDecisionForm, DecisionForm
from community.moderation.models import ReviewItem
from community.moderation.services import review_queue, reviews

OWN_CONTENT = gettext_lazy("This is about you, so another moderator has to decide.")
CANNOT_SANCTION = gettext_lazy(
    "You cannot warn, silence or suspend this person. Only managers can do this to team members, and managers cannot be sanctioned."
)


def handle_post(request: HttpRequest, item: ReviewItem, form: DecisionForm | AppealDecisionForm) -> bool:
    """Apply the posted action. Return False if the form is invalid. Raises Conflict."""
    moderator = member_of(request)
    act = request.POST.get("act")
    if act in ("claim", "release", "assign"):
        _change_assignee(request, item, moderator, act)
        return True
    require(item.member_id != moderator.pk, OWN_CONTENT)
    if not form.is_valid():
        return False
    if isinstance(form, AppealDecisionForm):
        data = form.cleaned_data
        reviews.decide_appeal(
            item,
            actor=moderator,
            version=data["version"],
            reason=data["reason"],
            take_back=data["verdict"] == "taken_back",
        )
        messages.success(request, _("Decision saved. %(name)s has been notified.") % {"name": item.member})
        return True
    decision = form.decision()
    require(not decision.person or rules.can_sanction(moderator, item.member), CANNOT_SANCTION)
    reviews.decide(item, actor=moderator, version=form.cleaned_data["version"], decision=decision)
    messages.success(
        request, _("Decision saved for “%(title)s”.") % {"title": item.post.topic if item.post else item}
    )
    return True


def _change_assignee(request: HttpRequest, item: ReviewItem, moderator: Member, act: str) -> None:
    version = whole_number(request.POST.get("version", "")) or 0
    if act == "release":
        review_queue.release(item, actor=moderator, version=version)
        messages.success(request, _("This is no longer assigned to anyone."))
        return
    assignee = moderator
    if act == "assign":
        team = Member.objects.moderators().filter(is_active=True)
        assignee = get_object_or_404(team, pk=whole_number(request.POST.get("assignee", "")) or 0)
    review_queue.claim(item, actor=moderator, version=version, assignee=assignee)
    messages.success(
        request,
        _("This is assigned to you.")
        if assignee == moderator
        else _("This is assigned to %(name)s.") % {"name": assignee},
    )
