from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from community.core.pagination import page_of
from community.core.permissions import require
from community.events.catalogue import EVENT_TYPES
from community.events.services.cursors import is_behind
from community.members.models import Company, Member
from community.members.requests import member_of

from . import labels, rules
from .charts import sankey
from .forms import OverrideForm
from .models import MemberState, Ruleset, SubStage
from .reports import funnel, overview
from .reports.map_numbers import map_numbers
from .reports.movement import movement as movement_report
from .reports.weeks import weeks_of
from .services import dirty, overrides, rulesets, shards
from .story import open_questions_of, quoting_once, risks_of, story_of

MOVES = 12
MOVEMENT_DAYS = 30
# The cohorts of the funnel: members first seen in the last so many days; None is everybody.
PERIODS: dict[str, int | None] = {"30": 30, "90": 90, "365": 365, "all": None}


@require_safe
@login_required
def journey_map(request: HttpRequest) -> HttpResponse:
    """Show the team the stages, recent transitions and the funnel."""
    require(rules.can_see_journeys(member_of(request)), _("Only the team can see the journey map."))
    period = request.GET.get("seen", "365")
    if period not in PERIODS:
        raise Http404(_("This period does not exist."))
    days = PERIODS[period]
    start = date.min if days is None else shards.today() - timedelta(days=days)
    numbers = map_numbers(days=MOVEMENT_DAYS, start=start)
    movement = movement_report(MOVEMENT_DAYS, numbers.movement)
    counts = overview.stage_counts(numbers.sub_stages)
    context = {
        "counts": counts,
        "everybody": sum(count.members for count in counts),
        "movement": movement,
        "sankey": sankey(movement),
        "funnel": funnel.funnel(start=start, counts=numbers.funnel),
        "period": period,
        "periods": PERIODS,
        "moves": overview.latest_moves(MOVES),
        "as_of": shards.today(),
        "waiting": dirty.count_waiting(),
        "is_behind": is_behind("journeys.mark"),
        "means": labels.STAGE_MEANS,
    }
    return render(request, "journeys/journey_map.html", context)


@require_safe
@login_required
def member_list(request: HttpRequest) -> HttpResponse:
    """Show the team who is in a stage, all or those of a sub-stage or at risk, or who belongs to a company.

    Without either, redirect to the map.
    """
    require(rules.can_see_journeys(member_of(request)), _("Only the team can see other members' journeys."))
    if "company" in request.GET:
        company = get_object_or_404(Company, slug=request.GET["company"])
        context = {**_rows(request, overview.members_of(company)), "company": company}
        return render(request, "journeys/company_members.html", context)
    stage, sub_stage = request.GET.get("stage", ""), request.GET.get("sub_stage", "")
    if not stage:
        return redirect("journeys:journey-map")
    count = {count.key: count for count in overview.stage_counts()}.get(stage)
    if count is None or (sub_stage and sub_stage not in SubStage.values):
        raise Http404(_("This stage does not exist."))
    at_risk = "at_risk" in request.GET
    states = overview.members_in(count.key, sub_stage=sub_stage, at_risk=at_risk)
    context = {**_rows(request, states), "count": count, "sub_stage": sub_stage, "at_risk": at_risk}
    return render(request, "journeys/member_list.html", context)


@require_safe
@login_required
def member_journey(request: HttpRequest, username: str) -> HttpResponse:
    """Show the team one member's journey, with the evidence for every step."""
    return _member_page(request, username, form=None)


@require_POST
@login_required
def override_set(request: HttpRequest, username: str) -> HttpResponse:
    member = _get_member(request, username)
    require(
        rules.can_override(member_of(request), member), _("Only community managers can set a stage manually.")
    )
    form = OverrideForm(request.POST)
    if not form.is_valid():
        return _member_page(request, username, form=form)
    overrides.set_override(member, actor=member_of(request), **form.cleaned_data)
    messages.success(request, _("Stage set manually. The calculated stage is still kept up to date."))
    return redirect("journeys:member-journey", member.username)


@require_POST
@login_required
def override_clear(request: HttpRequest, username: str) -> HttpResponse:
    member = _get_member(request, username)
    require(
        rules.can_override(member_of(request), member), _("Only community managers can set a stage manually.")
    )
    overrides.clear_override(member, actor=member_of(request))
    messages.success(request, _("Override removed."))
    return redirect("journeys:member-journey", member.username)


@require_safe
@login_required
def own_journey(request: HttpRequest) -> HttpResponse:
    """Show members their own journey: the recorded events, their stage, and why."""
    member = member_of(request)
    story, weeks = quoting_once(story_of(member, member), weeks_of(request, member, member))
    context = {
        "member": member,
        "story": story,
        "means": labels.STAGE_FOR_YOU,
        "risks": risks_of([story.state], member).get(member.pk, []) if story.state else [],
        "weeks": weeks,
        "own": True,
    }
    return render(request, "journeys/own_journey.html", context)


@require_safe
@login_required
def rule_list(request: HttpRequest) -> HttpResponse:
    """Show the team the live rules in plain language."""
    require(rules.can_see_journeys(member_of(request)), _("Only the team can see the journey rules."))
    live = rulesets.live_ruleset()
    found = [
        (rule, enters, when.format(**live.rules.get(rule, {})))
        for rule, (enters, when) in labels.RULES.items()
    ]
    caps = live.rules.get("day_caps", {})
    points = [
        (EVENT_TYPES[kind].says, given, caps.get(kind))
        for kind, given in sorted(live.rules["points"].items(), key=lambda item: (-item[1], item[0]))
        if kind in EVENT_TYPES and kind not in live.rules["passive"]
    ]
    context = {
        "live": live,
        "rules": found,
        "points": points,
        "versions": Ruleset.objects.exclude(pk=live.pk).exclude(status=Ruleset.Status.DRAFT)[:10],
    }
    return render(request, "journeys/rule_list.html", context)


def _rows(request: HttpRequest, states: QuerySet[MemberState]) -> dict[str, object]:
    """Return one page of members, with the reasons and open questions of those at risk."""
    page, reader = page_of(request, states), member_of(request)
    at_risk = [state for state in page if state.at_risk]
    questions = open_questions_of(at_risk, reader) if at_risk else {}
    return {"page": page, "risks": risks_of(at_risk, reader), "questions": questions}


def _member_page(request: HttpRequest, username: str, *, form: OverrideForm | None) -> HttpResponse:
    member, reader = _get_member(request, username), member_of(request)
    story, weeks = quoting_once(story_of(member, reader), weeks_of(request, member, reader))
    states = [story.state] if story.state else []
    context = {
        "member": member,
        "story": story,
        "risks": risks_of(states, reader).get(member.pk, []),
        "question": open_questions_of([state for state in states if state.at_risk], reader).get(member.pk),
        "means": labels.STAGE_MEANS,
        "superseded_stages": member.stage_history.filter(superseded_at__isnull=False).order_by(
            "-superseded_at", "-id"
        ),
        "weeks": weeks,
        "own": False,
        "score": getattr(member, "advocacy", None),
        "can_override": rules.can_override(reader, member),
        "form": form or OverrideForm(initial={"stage": story.state.stage if story.state else None}),
    }
    return render(request, "journeys/member_journey.html", context, status=422 if form else 200)


def _get_member(request: HttpRequest, username: str) -> Member:
    require(rules.can_see_journeys(member_of(request)), _("Only the team can see other members' journeys."))
    members = Member.objects.select_related("company", "advocacy")
    member: Member = get_object_or_404(members, username__iexact=username)
    return member
