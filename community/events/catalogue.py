"""The event types: their names, labels and payload schemas.

Names are `noun.happened` and must not change once shipped. Rules, followers and importers use these constants,
so they do not have to import the app that records the event.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise
    from pydantic_core import ErrorDetails

Json = Any  # JSON-serialisable


class EventName(str):
    """The name of a declared event."""

    __slots__ = ()


@dataclass(frozen=True)
class EventType:
    name: EventName
    says: StrOrPromise
    payload: type[BaseModel]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


_declared: dict[str, EventType] = {}


def _declare(name: str, says: StrOrPromise, /, **fields: Any) -> EventName:
    """Declare an event type. A payload field is `type` if required and `type | None` if optional."""
    _declared[name] = event_type(name, says, fields)
    return _declared[name].name


def event_type(name: str, says: StrOrPromise, fields: Mapping[str, Any]) -> EventType:
    """Return an event type whose payload has these fields, as in `_declare`."""
    shape = {key: (kind, None if _is_optional(kind) else ...) for key, kind in fields.items()}
    model: type[BaseModel] = create_model(name, __base__=_Payload, **shape)  # type: ignore[call-overload]
    return EventType(EventName(name), says, model)


def _is_optional(kind: Any) -> bool:
    return type(None) in getattr(kind, "__args__", ())


def whole(least: int, most: int) -> Any:
    """Return the type of a whole number in this range. All numbers from other systems must have one."""
    return Annotated[int, Field(ge=least, le=most)]


_SCORE = whole(0, 10)
_STARS = whole(1, 5)
_SEVERITY = whole(1, 5)
_PERCENT = whole(0, 100)  # also fits smaller scales, such as 1 to 5
_SECONDS_A_DAY = whole(0, 86_400)
_MINUTES = whole(0, 14_400)  # ten days
_HOURS = whole(0, 87_600)  # ten years
_DAYS = whole(0, 3_650)
_SEATS = whole(0, 10_000_000)
_WORDS = whole(0, 1_000_000)
_PEOPLE = whole(0, 1_000_000_000)
_ITEMS = whole(0, 10_000)
_ID = whole(1, 999_999_999_999)


def checked_payload(
    name: str, payload: Mapping[str, Json], *, custom: Mapping[str, EventType] = MappingProxyType({})
) -> dict[str, Json]:
    """Validate `payload` and return it as stored, without None.

    Raises ValueError when `name` is not declared, here or in `custom`, or the payload does not match its schema.
    """
    declared = _declared.get(name) or custom.get(name)
    if declared is None:
        raise ValueError(f"There is no event called {name!r}.")
    try:
        return declared.payload.model_validate(dict(payload)).model_dump(exclude_none=True)
    except ValidationError as error:
        raise ValueError(f"{name}: {_sentence(declared, error.errors(include_url=False)[0])}") from error


def _sentence(declared: EventType, problem: ErrorDetails) -> str:
    """Return which property is invalid, its value, and what it should be."""
    where, kind, limits = ".".join(map(str, problem["loc"])), problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        known = ", ".join(declared.payload.model_fields) or "none"
        return f"{where}: There is no such property. The properties are: {known}."
    if kind == "missing":
        return f"{where}: This is missing."
    value = shortened(problem["input"])
    if kind == "greater_than_equal":
        return f"{where}: {value} is too small. Send a number of at least {limits['ge']}."
    if kind == "less_than_equal":
        return f"{where}: {value} is too large. Send a number of at most {limits['le']}."
    return f"{where}: {value} is not valid. Send {_KINDS.get(kind, problem['msg'])}."


_KINDS = {
    "int_type": "a whole number, without quotes or decimals",
    "bool_type": "true or false, without quotes",
    "string_type": "text, in quotes",
    "list_type": "a list",
}


def shortened(value: Any) -> str:
    """Return a value as JSON for an error message, of at most 60 characters."""
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


# Visits and reading

VISIT_DAY = _declare(
    "visit.day",
    _("visited the site that day"),
    first_url=str | None,
    referrer=str | None,
    utm_source=str | None,
    utm_medium=str | None,
    utm_campaign=str | None,
)
PAGE_VIEWED = _declare(
    "page.viewed", _("viewed a page"), url=str, seconds=_SECONDS_A_DAY | None, exit=bool | None
)
TOPIC_VIEWED = _declare("topic.viewed", _("read a topic"), seconds=int | None, depth=int | None)
SEARCH_PERFORMED = _declare(
    "search.performed", _("searched"), query=str, results=int, clicked=bool | None, none_found=bool | None
)
CONTENT_VIEWED = _declare(
    "content.viewed",
    _("viewed content"),
    format=str,
    title=str | None,
    persona=str | None,
    stage_tag=str | None,
)
PRICING_VIEWED = _declare("pricing.viewed", _("viewed prices"), products=list[str] | None)
COMPARISON_VIEWED = _declare("comparison.viewed", _("compared products"), products=list[str] | None)
REVIEW_READ = _declare("review.read", _("read a review"), site=str | None)
NEWSLETTER_SUBSCRIBED = _declare("newsletter.subscribed", _("subscribed to a newsletter"), list=str | None)

# Membership

MEMBER_REGISTERED = _declare(
    "member.registered",
    _("joined the community"),
    source=str | None,
    invite_id=int | None,
    guidelines_version=int | None,
)
GUIDELINES_ACCEPTED = _declare("guidelines.accepted", _("agreed to the guidelines"), version=int)
PROFILE_COMPLETED = _declare("profile.completed", _("completed their profile"), percent=int)
MEMBER_ROLE_CHANGED = _declare("member.role_changed", _("changed roles"), role=str, previous=str)
COMPANY_JOINED = _declare("company.joined", _("was matched to their company"), domain=str | None)

# Forum and Q&A

TOPIC_CREATED = _declare(
    "topic.created", _("started a topic"), title=str, category=str, kind=str, tags=list[str] | None
)
QUESTION_ASKED = _declare(
    "question.asked", _("asked a question"), title=str, category=str, product=str | None, urgency=str | None
)
REPLY_CREATED = _declare("reply.created", _("replied"), words=int, is_answer=bool, topic_id=int)
TOPIC_EDITED = _declare("topic.edited", _("edited a topic"), what=list[str])
POST_EDITED = _declare("post.edited", _("edited a post"), topic_id=int, reason=str | None)
POST_DELETED = _declare("post.deleted", _("deleted a post"), topic_id=int, reason=str | None)
POST_RESTORED = _declare("post.restored", _("restored a post"), topic_id=int)
POST_APPROVED = _declare("post.approved", _("had a held post approved"), topic_id=int)
MEMBER_MENTIONED = _declare("member.mentioned", _("was mentioned"), topic_id=int)
ANSWER_ACCEPTED = _declare("answer.accepted", _("had an answer accepted"), topic_id=int, minutes=int)
OFFICIAL_ANSWER_MARKED = _declare("answer.marked_official", _("had an answer marked official"), topic_id=int)
HELPFUL_VOTE_RECEIVED = _declare("helpful_vote.received", _("received a helpful vote"), topic_id=int)
VOTE_GIVEN = _declare("vote.given", _("voted"), topic_id=int, value=int)
QUESTION_VOTE_RECEIVED = _declare("question_vote.received", _("received a vote on a question"), topic_id=int)
REACTION_GIVEN = _declare("reaction.given", _("liked a post"), type=str, topic_id=int)
REACTION_RECEIVED = _declare("reaction.received", _("had a post liked"), type=str, topic_id=int)
QUESTION_RESOLVED = _declare(
    "question.resolved", _("had their question resolved"), by=int, minutes=int, by_staff=bool
)

# Prospects and buying

PROSPECT_QUESTION_ASKED = _declare(
    "prospect.question_asked", _("asked in a prospect forum"), decision_factor=str | None, product=str | None
)
PROSPECT_STAFF_REPLIED = _declare(
    "prospect.staff_replied",
    _("got a staff reply in a prospect forum"),
    minutes=int,
    words=int | None,
    links_out=int | None,
)
PROSPECT_PEER_REPLIED = _declare(
    "prospect.peer_replied",
    _("got a customer reply in a prospect forum"),
    role=str,
    replier_stage=str | None,
    customer_since=str | None,
)
SHORTLIST_CREATED = _declare("shortlist.created", _("created a shortlist"), items=_ITEMS | None)
SHORTLIST_SHARED = _declare("shortlist.shared", _("shared a shortlist"), teammates=_ITEMS | None)
TEAMMATE_INVITED = _declare("teammate.invited", _("invited a teammate"), role=str | None)
DEMO_REQUESTED = _declare("demo.requested", _("asked for a demo"), product=str | None)
TRIAL_STARTED = _declare("trial.started", _("started a trial"), product=str | None)
CALL_LOGGED = _declare(
    "call.logged", _("had a call"), direction=str | None, minutes=_MINUTES | None, note=str | None
)
MEETING_HELD = _declare("meeting.held", _("had a meeting"), minutes=_MINUTES | None, note=str | None)
SOCIAL_PINGED = _declare("social.pinged", _("contacted us on social media"), site=str | None, url=str | None)
EVENT_ATTENDED = _declare("event.attended", _("attended an event"), title=str | None, minutes=_MINUTES | None)
WEBINAR_ATTENDED = _declare(
    "webinar.attended", _("attended a webinar"), title=str | None, minutes=_MINUTES | None
)
OPPORTUNITY_OPENED = _declare("opportunity.opened", _("became a sales opportunity"), stage=str | None)
OPPORTUNITY_LOST = _declare("opportunity.lost", _("was lost as a sales opportunity"), reason=str | None)

# Commercial facts

PURCHASE_COMPLETED = _declare(
    "purchase.completed",
    _("bought"),
    external_id=str,
    products=list[str] | None,
    first=bool | None,
    test=bool | None,
)
PURCHASE_REFUNDED = _declare("purchase.refunded", _("was refunded"), external_id=str, full=bool)
PAYMENT_FAILED = _declare("payment.failed", _("had a failed payment"), external_id=str | None)
SUBSCRIPTION_STARTED = _declare(
    "subscription.started",
    _("started a subscription"),
    external_id=str,
    seats=_SEATS | None,
    test=bool | None,
)
SUBSCRIPTION_RENEWED = _declare("subscription.renewed", _("renewed"), external_id=str, seats=_SEATS | None)
SUBSCRIPTION_UPGRADED = _declare("subscription.upgraded", _("upgraded"), external_id=str, seats=_SEATS | None)
SUBSCRIPTION_DOWNGRADED = _declare(
    "subscription.downgraded", _("downgraded"), external_id=str, seats=_SEATS | None
)
SUBSCRIPTION_CANCELLED = _declare(
    "subscription.cancelled", _("cancelled"), external_id=str, reason=str | None
)
SUBSCRIPTION_LAPSED = _declare("subscription.lapsed", _("did not renew"), external_id=str)

# Onboarding, product use and support

ONBOARDING_STEP_DONE = _declare(
    "onboarding.step_done", _("completed an onboarding step"), step=str, day=_DAYS | None
)
ONBOARDING_COMPLETED = _declare("onboarding.completed", _("finished onboarding"))
PRODUCT_ACTIVATED = _declare("product.activated", _("activated the product"), product=str | None)
FEATURE_ADOPTED = _declare("feature.adopted", _("started using a feature"), feature=str, first=bool | None)
TICKET_OPENED = _declare(
    "support.ticket_opened", _("opened a support ticket"), external_id=str, severity=_SEVERITY | None
)
TICKET_CLOSED = _declare(
    "support.ticket_closed",
    _("had a support ticket closed"),
    external_id=str,
    hours=_HOURS | None,
    csat=_PERCENT | None,
)
SURVEY_ANSWERED = _declare(
    "survey.answered", _("answered a survey"), survey=str, score=_PERCENT | None, text=str | None
)
NPS_ANSWERED = _declare(
    "nps.answered",
    _("answered the recommendation survey"),
    score=_SCORE,
    reason=str | None,
    trigger=str | None,
)

# Advocacy

IDEA_SUBMITTED = _declare("idea.submitted", _("submitted an idea"), title=str, category=str)
IDEA_SHIPPED = _declare("idea.shipped", _("had an idea shipped"), title=str | None)
ARTICLE_PUBLISHED = _declare("article.published", _("published an article"), title=str, words=_WORDS | None)
STORY_SHARED = _declare("story.shared", _("shared a story"), title=str | None, words=_WORDS | None)
TALK_GIVEN = _declare("talk.given", _("gave a talk"), title=str | None, reach=_PEOPLE | None)
MODERATION_HELPED = _declare("moderation.helped", _("helped the moderators"), reason=str | None)
MENTEE_HELPED = _declare("mentee.helped", _("helped a newcomer"), topic_id=_ID | None)
REFERRAL_LINK_SHARED = _declare("referral.link_shared", _("shared a referral link"), channel=str | None)
REFERRAL_CLICKED = _declare("referral.clicked", _("had a referral link clicked"))
REFERRAL_REGISTERED = _declare("referral.registered", _("referred someone who joined"))
REFERRAL_QUALIFIED = _declare("referral.qualified", _("referred someone who qualified"))
REFERRAL_PURCHASED = _declare("referral.purchased", _("referred someone who bought"))
REVIEW_VERIFIED = _declare(
    "review.verified", _("wrote a verified review"), site=str, stars=_STARS | None, url=str | None
)
REFERENCE_COMPLETED = _declare("reference.completed", _("gave a reference"), prospect=str | None)
CASE_STUDY_PUBLISHED = _declare("case_study.published", _("was featured in a case study"), title=str | None)
TESTIMONIAL_APPROVED = _declare("testimonial.approved", _("gave a testimonial"))
BETA_PARTICIPATED = _declare("beta.participated", _("took part in a beta"), programme=str | None)
ADVISORY_ATTENDED = _declare("advisory.attended", _("attended an advisory board"), programme=str | None)

# Badges and moderation

BADGE_EARNED = _declare("badge.earned", _("earned a badge"), badge=str, level=str | None)
FLAG_RAISED = _declare("flag.raised", _("flagged a post"), topic_id=int, reason=str)
POST_HIDDEN = _declare("post.hidden", _("had a post hidden"), topic_id=int, reason=str)
POST_UNHIDDEN = _declare("post.unhidden", _("had a hidden post restored"), topic_id=int)
STRIKE_UPHELD = _declare("strike.upheld", _("received a strike"), severity=int, kind=str)

# Journeys and the log itself

STAGE_ENTERED = _declare(
    "stage.entered",
    _("entered a stage"),
    stage=str,
    sub_stage=str,
    previous=str | None,
    rule=str,
    ruleset=int,
    history_id=int,
    effective_on=str,
)
STAGE_SUPERSEDED = _declare("stage.superseded", _("had a stage corrected"), history_id=int, stage=str)
SCORE_BAND_CHANGED = _declare(
    "score.band_changed", _("changed advocacy band"), band=str, previous=str, score=str
)
OVERRIDE_SET = _declare(
    "override.set", _("had their stage set manually"), stage=str, mode=str, reason=str, expires=str | None
)
OVERRIDE_CLEARED = _declare("override.cleared", _("had a stage override removed"), reason=str | None)
EVENT_RETRACTED = _declare(
    "event.retracted",
    _("had an earlier event retracted"),
    event_id=str,
    name=str,
    occurred_at=str,
    reason=str,
)
EVENT_REINSTATED = _declare(
    "event.reinstated",
    _("had a retracted event reinstated"),
    event_id=str,
    name=str,
    occurred_at=str,
    reason=str,
)

EVENT_TYPES: Mapping[str, EventType] = MappingProxyType(_declared)
