from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from community.core import rate_limits
from community.core.page_meta import PageMeta
from community.core.pagination import page_of
from community.core.permissions import Refused, require
from community.events.models import Event
from community.forum import queries
from community.forum.models import Topic
from community.members.models import Member
from community.members.requests import member_of
from journeys.event_text import describe

from . import cards, rules, voices
from . import desk as desk_lists
from .forms import HandoverForm, ReplyForm, UrgentForm
from .links import external_links
from .models import DeskQuestion, DeskQuestionQuerySet, ProspectForum
from .services import claims, replies, states

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    class HtmxRequest(HttpRequest):
        htmx: HtmxDetails


QUESTIONS = 10  # below the forums
NOT_YOURS = gettext_lazy("Only salespeople listed in a prospect forum can open the sales desk.")


@require_safe
def forum_list(request: HttpRequest) -> HttpResponse:
    """Show the prospect forums that the reader may see, who answers in them, and the latest questions."""
    forums = list(ProspectForum.objects.visible_to(request.user).select_related("category").with_roster())
    categories = [forum.category_id for forum in forums]
    topics = queries.TopicRows(request.user, "latest", categories)[:QUESTIONS] if forums else []
    context = {
        "forums": forums,
        "questions": voices.questions_of(topics, forums),
        "meta": PageMeta(
            request.path,
            _("Hear from customers first, then from our team, in public and under their real names."),
        ),
    }
    return render(request, "prospects/forum_list.html", context)


@require_safe
@login_required
def desk(request: HttpRequest, name: str = "waiting") -> HttpResponse:
    """Show one of the desk's lists of questions, in the reader's forums."""
    reader, now = _reader_of_desk(request), timezone.now()
    counts = desk_lists.counts_of(reader, now=now)
    page = page_of(request, desk_lists.Questions(name, reader, now), total=getattr(counts, name))
    questions = desk_lists.for_cards(list(page.object_list))
    context = {
        "name": name,
        "counts": counts,
        "page": page,
        "closed_until": desk_lists.closed_until(questions, now=now) if name == "waiting" else None,
        "cards": cards.cards_of(questions, reader=reader, now=now),
    }
    return render(request, "prospects/desk.html", context)


@require_safe
@login_required
def desk_team(request: HttpRequest) -> HttpResponse:
    """Show the opening hours and the team of each of the reader's forums."""
    forums = ProspectForum.objects.staffed_by(_reader_of_desk(request)).select_related("category")
    return render(request, "prospects/desk_team.html", {"forums": forums.with_roster()})


@require_safe
@login_required
@vary_on_headers("HX-Request")
def question_detail(request: HtmxRequest, topic_id: int) -> HttpResponse:
    """Show one question with its background; a fragment for htmx. Merged and moved questions redirect to the topic."""
    reader = _reader_of_desk(request)
    question = _questions_of(reader).with_people().filter(pk=topic_id).first()
    if question is not None:
        return _question_page(request, question)
    topic = queries.successor(reader, topic_id) or _moved_away(reader, topic_id)
    if topic is None:
        raise Http404
    return redirect(_place_of(topic, reader))


@require_safe
@login_required
@vary_on_headers("HX-Request")
def question_evidence(request: HtmxRequest, topic_id: int) -> HttpResponse:
    """Show the evidence for the asker's stage: the rule, the sentence and the events."""
    question = _question_at_desk(request, topic_id)
    position = cards.current_position(question.topic.author)
    events = Event.objects.not_retracted().filter(member=question.topic.author)
    shown = events.filter(event_id__in=position.evidence).order_by("-occurred_at") if position else []
    context = {
        "question": question,
        "position": position,
        "events": describe(shown, member_of(request)),
    }
    template = "prospects/_evidence.html" if request.htmx else "prospects/evidence.html"
    return render(request, template, context)


@require_POST
@login_required
def question_claim(request: HtmxRequest, topic_id: int) -> HttpResponse:
    question = _question_at_desk(request, topic_id)
    return _done_or_refused(request, question, lambda actor: claims.claim_question(question, actor=actor))


@require_POST
@login_required
def question_release(request: HtmxRequest, topic_id: int) -> HttpResponse:
    question = _question_at_desk(request, topic_id)
    return _done_or_refused(request, question, lambda actor: claims.release_question(question, actor=actor))


@require_POST
@login_required
def question_settle(request: HtmxRequest, topic_id: int) -> HttpResponse:
    question = _question_at_desk(request, topic_id)
    return _done_or_refused(request, question, lambda actor: states.settle_question(question, actor=actor))


@require_POST
@login_required
def question_hand_over(request: HtmxRequest, topic_id: int) -> HttpResponse:
    """Assign the question to a colleague; an invalid form is shown again with its input."""
    question = _question_at_desk(request, topic_id)
    form = HandoverForm(request.POST, question=question, giver=member_of(request))
    if not form.is_valid():
        return _question_page(request, question, hand_over=form, status=422)
    to, note = form.cleaned_data["to"], form.cleaned_data["note"]
    return _done_or_refused(
        request, question, lambda actor: claims.hand_over(question, actor=actor, to=to, note=note), form
    )


@require_POST
@login_required
def question_reply(request: HtmxRequest, topic_id: int) -> HttpResponse:
    """Post an answer; a refused one is shown again with its text."""
    question = _question_at_desk(request, topic_id)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _question_page(request, question, reply=form, status=422)
    if not rate_limits.check(form, rate_limits.POSTS, request):
        return rate_limits.answer(_question_page(request, question, reply=form), form)
    source, was_first = form.cleaned_data["source"], not question.staff_replies
    try:
        replies.reply_to_question(question, actor=member_of(request), source=source)
    except Refused as refusal:
        form.add_error("source", refusal.sentence)
        return _question_page(request, question, reply=form, status=422)
    if was_first and external_links(source):
        messages.warning(
            request, _("Your first answer contains a link to another site. Consider answering without it.")
        )
    messages.success(request, _("Answer posted."))
    if not request.htmx:
        return redirect("prospects:desk")
    return _question_page(request, _question_at_desk(request, topic_id))


@require_POST
@login_required
def question_urgent(request: HttpRequest, topic_id: int) -> HttpResponse:
    """Mark a question as urgent, which skips the grace period."""
    reader = member_of(request)
    topic = get_object_or_404(Topic.objects.visible_to(reader), pk=topic_id)
    question = get_object_or_404(DeskQuestion, topic=topic)
    require(
        rules.can_mark_urgent(reader, question),
        _("Only the person who asked can mark this question as urgent."),
    )
    form = UrgentForm(request.POST)
    if form.is_valid():
        states.mark_urgent(question, actor=reader, reason=form.cleaned_data["reason"])
        messages.success(request, _("Marked as urgent. The team can answer now."))
    else:
        messages.error(request, _("Describe briefly why this is urgent."))
    return redirect("prospects:desk" if reader.is_team else topic)


def _reader_of_desk(request: HttpRequest) -> Member:
    """Return the reader: 403 without access to a desk."""
    reader = member_of(request)
    require(rules.can_open_desk(reader), NOT_YOURS)
    return reader


def _question_at_desk(request: HttpRequest, topic_id: int) -> DeskQuestion:
    """Fetch a question on the reader's desk: 403 without access to a desk, 404 for another forum's."""
    reader = _reader_of_desk(request)
    return get_object_or_404(_questions_of(reader).with_people(), pk=topic_id)


def _questions_of(reader: Member) -> DeskQuestionQuerySet:
    """Return the questions that the reader can open at their desk; topics may be gone before the desk knows."""
    questions = DeskQuestion.objects.at_desk_of(reader).exclude(state=DeskQuestion.State.GONE)
    return questions.filter(topic__in=Topic.objects.visible_to(reader).published())


def _moved_away(reader: Member, topic_id: int) -> Topic | None:
    """Return a topic that was at a desk before it was moved out of the prospect forum, if the reader may see it."""
    gone = Topic.objects.published().filter(at_desk__state=DeskQuestion.State.GONE)
    return gone.visible_to(reader).filter(pk=topic_id).first()


def _place_of(topic: Topic, reader: Member) -> str:
    """Return the topic's URL at the reader's desk, or else its own URL."""
    if _questions_of(reader).filter(pk=topic.pk).exists():
        return reverse("prospects:question-detail", args=[topic.pk])
    return topic.get_absolute_url()


def _done_or_refused(
    request: HtmxRequest,
    question: DeskQuestion,
    act: Callable[[Member], object],
    hand_over: HandoverForm | None = None,
) -> HttpResponse:
    try:
        act(member_of(request))
    except Refused as refusal:
        return _question_page(request, question, hand_over=hand_over, refusal=refusal.sentence, status=422)
    if not request.htmx:
        return redirect("prospects:question-detail", question.pk)
    return _question_page(request, _question_at_desk(request, question.pk))


def _question_page(
    request: HtmxRequest,
    question: DeskQuestion,
    *,
    reply: ReplyForm | None = None,
    hand_over: HandoverForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    reader, now = member_of(request), timezone.now()
    (card,) = cards.cards_of([question], reader=reader, now=now)
    context = {
        "card": card,
        "background": cards.background_of(question, reader=reader),
        "objection": rules.objection_to_answering(reader, question.forum, question, now=now),
        "reply": reply or ReplyForm(),
        "hand_over": hand_over or HandoverForm(question=question, giver=reader),
        "can_hand_over": rules.can_hand_over(reader, question),
        "can_mark_urgent": rules.can_mark_urgent(reader, question),
        "refusal": refusal,
        "now": now,
    }
    template = "prospects/_question.html" if request.htmx else "prospects/question_detail.html"
    return render(request, template, context, status=status)
