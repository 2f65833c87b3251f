from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from community.core.pagination import page_of
from community.core.permissions import require
from community.forum import queries
from community.forum.models import Category, Topic
from community.members.models import Member
from community.members.requests import member_of
from journeys.event_text import EventText, describe_by_id
from journeys.services.shards import today

from . import labels, segments
from .charts import Part, line_through, parts_of
from .engine.arithmetic import as_points
from .engine.contributions import contributions
from .engine.score import Scored, marginal_points
from .engine.search import band_limits
from .engine.weights import KINDS
from .models import Band, Score
from .services.today import last_year, score_today

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from .services.scores import MemberScore

SUGGESTIONS = 4
QUESTIONS = 3
ASKS = 5


class Segment(NamedTuple):
    name: StrOrPromise
    means: StrOrPromise
    is_warning: bool


@dataclass(frozen=True)
class Row:
    """A member in the team's list of advocates."""

    score: Score
    parts: list[Part]
    segments: list[Segment]
    suggestions: list[tuple[labels.Suggestion, Decimal]]  # the act that would add most, if any


@require_safe
@login_required
def advocate_list(request: HttpRequest) -> HttpResponse:
    """Show the team the ranked scores and what they consist of."""
    require(
        member_of(request).is_team,
        _("Only the team can see all scores. You can find your own score under Your contributions."),
    )
    band = request.GET.get("band", "")
    if band and band not in Band.values:
        raise Http404(_("This band does not exist."))
    kind = request.GET.get("kind", "")
    if kind and kind not in segments.KINDS:
        raise Http404(_("This kind does not exist."))
    scores = Score.objects.of_members()
    counts = dict(scores.order_by().values_list("band").annotate(n=Count("pk")))
    total = counts.get(band, 0) if band else sum(counts.values())
    rows = scores.filter(band=band) if band else scores
    if kind:
        rows, total = rows.of_kind(kind), None
    rows = rows.ranked().select_related("member", "member__company", "member__journey")
    page = page_of(request, rows, total=total)
    categories = set(Category.objects.open_to_new_members().values_list("kind", flat=True))
    context = {
        "page": page,
        "rows": [_row(score, categories) for score in page],
        "band": band,
        "kind": kind,
        "kinds": [(one, segments.NAMES[one], segments.MEANS[one]) for one in segments.KINDS],
        "bands": [(one, counts.get(one.value, 0)) for one in reversed(Band)],
        "total": sum(counts.values()),
        "components": parts_of({}),
        "quiet_promoters": Score.objects.of_members().quiet_promoters().select_related("member")[:ASKS],
    }
    return render(request, "advocacy/advocate_list.html", context)


def _row(score: Score, categories: Collection[str]) -> Row:
    state = getattr(score.member, "journey", None)
    found = segments.segments_of(score.band, score.points, at_risk=bool(state and state.at_risk))
    shown = [Segment(segments.NAMES[one], segments.MEANS[one], one == segments.AT_RISK) for one in found]
    suggestions = [] if segments.AT_RISK in found else _suggestions(score.explanation, categories)
    return Row(score, parts_of(score.points), shown, suggestions[:1])


@require_safe
@login_required
def own_score(request: HttpRequest) -> HttpResponse:
    """Explain the member's own score: what it consists of, what did not count, and the next band."""
    member, day = member_of(request), today()
    computed = score_today(member, day)
    if computed is None:
        no_score = {"scored": None, "parts": parts_of({}), "open_questions": _open_questions(member)}
        return render(request, "advocacy/own_score.html", no_score)
    return render(request, "advocacy/own_score.html", _own_context(computed, member, day))


def _own_context(computed: MemberScore, member: Member, day: date) -> dict[str, Any]:
    scored = computed.scored
    explanation = scored.explanation
    history = last_year(computed, day)
    categories = set(Category.objects.creatable_by(member).values_list("kind", flat=True))
    upper = Decimal(band_limits(int(scored.score * 100))[1]) / 100
    return {
        "scored": scored,
        "band": Band(scored.band),
        "band_means": labels.BAND_MEANS[scored.band],
        "bands": _ladder(),
        "to_next": upper - scored.score if upper <= 100 else None,
        "next_band": next((one for one in Band if one.floor == upper), None),
        "parts": parts_of({key: part["points"] for key, part in explanation["components"].items()}),
        "top": _with_events(explanation["top"], member),
        "left_out": [labels.left_out(**one) for one in explanation["capped"]],
        "made_of": _made_of(scored),
        "suggestions": _suggestions(explanation, categories),
        "open_questions": _open_questions(member),
        "history": history,
        "stored": Score.objects.filter(member=member).first(),
        "line": line_through(history),
        "today": day,
    }


def _ladder() -> list[tuple[Band, int]]:
    return [(band, band.floor) for band in Band]


def _with_events(top: list[dict[str, Any]], member: Member) -> list[tuple[dict[str, Any], EventText | None]]:
    """Pair the top acts with their events; voters are not named."""
    ids = [UUID(entry["events"][0]) for entry in top if entry["of"] == 1 and entry["events"]]
    described = describe_by_id(ids, of_member=member.pk, reader=member)
    found = {str(event_id): one for event_id, one in described.items()}
    return [
        (
            {**entry, "what": _what(entry), "on": date.fromisoformat(entry["day"])},
            found.get(entry["events"][0]) if entry["of"] == 1 and entry["events"] else None,
        )
        for entry in top
    ]


def _what(entry: dict[str, Any]) -> str:
    """Return "verified review" for one act and "3 replies" for several."""
    return str(labels.ACTS[entry["kind"]]) if entry["of"] == 1 else labels.acts(entry["kind"], entry["n"])


def _made_of(scored: Scored) -> dict[str, list[tuple[str, Decimal]]]:
    """Return the points of each component by kind of act, the most first: "12 replies", 8.1."""
    counts, points = Counter[str](), Counter[str]()
    for act in contributions(scored.tally, scored.as_of.toordinal()):
        counts[act.kind] += act.n
        points[act.kind] += act.n * act.each
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for kind, worth in points.most_common():
        if labels.is_shown(as_points(worth)):
            row = labels.acts(kind, counts[kind]), Decimal(as_points(worth))
            found.setdefault(KINDS[kind].component, []).append(row)
    return found


def _suggestions(
    explanation: Mapping[str, Any], categories: Collection[str]
) -> list[tuple[labels.Suggestion, Decimal]]:
    """Return what would add most today and how many points, in categories of these kinds."""
    gains = [
        (suggestion, marginal_points(explanation, kind))
        for kind, suggestion in labels.SUGGESTED.items()
        if not suggestion.category or suggestion.category in categories
    ]
    return sorted((gain for gain in gains if gain[1] > 0), key=lambda gain: -gain[1])[:SUGGESTIONS]


def _open_questions(member: Member) -> list[Topic]:
    """Return the latest questions by others that nobody has answered."""
    rows = queries.TopicRows(member, "unanswered", queries.visible_category_ids(member))[: 2 * QUESTIONS]
    return [topic for topic in rows if topic.author_id != member.pk and not topic.is_closed][:QUESTIONS]
