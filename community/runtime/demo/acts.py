"""Demo events outside the forum, parsed from short phrases: "372 bought Duo 1690", "45 nps 10 Because."."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from community.events import catalogue as c
from community.events.models import Event
from community.events.services.recording import Draft, actor_role_of
from community.members.models import Member

Channel = Event.Channel
SOURCE = "demo"


@dataclass(frozen=True)
class Act:
    """A parsed phrase."""

    days_ago: float
    word: str
    rest: str

    @classmethod
    def parse(cls, phrase: str) -> Act:
        days, word, *rest = phrase.split(" ", 2)
        return cls(float(days), word, rest[0] if rest else "")


Parts = tuple[c.EventName, str, dict[str, Any], dict[str, Any]]


def _goods(rest: str) -> list[str]:
    return [name.strip() for name in rest.split(",") if name.strip()]


def _priced(rest: str) -> tuple[str, int]:
    product, _, price = rest.rpartition(" ")
    return product, int(price) * 100


def _bought(rest: str, ident: str) -> Parts:
    product, cents = _priced(rest)
    value = {"value_cents": cents, "currency": "GBP"}
    return c.PURCHASE_COMPLETED, Channel.BILLING, {"external_id": ident, "products": [product]}, value


def _refunded(rest: str, ident: str) -> Parts:
    _, cents = _priced(rest)
    value = {"value_cents": cents, "currency": "GBP"}
    return c.PURCHASE_REFUNDED, Channel.BILLING, {"external_id": ident, "full": True}, value


def _subscription(name: c.EventName) -> Callable[[str, str], Parts]:
    def parts(rest: str, ident: str) -> Parts:
        value = {"value_cents": _priced(rest)[1], "currency": "GBP"}
        return name, Channel.BILLING, {"external_id": ident}, value

    return parts


def _nps(rest: str, ident: str) -> Parts:
    score, _, reason = rest.partition(" ")
    return c.NPS_ANSWERED, Channel.EMAIL, {"score": int(score), "reason": reason or None}, {}


def _review(rest: str, ident: str) -> Parts:
    stars, _, site = rest.partition(" ")
    return c.REVIEW_VERIFIED, Channel.REVIEW_SITE, {"site": site, "stars": int(stars)}, {}


def _call(rest: str, ident: str) -> Parts:
    minutes, _, note = rest.partition(" ")
    payload = {"direction": "in", "minutes": int(minutes), "note": note or None}
    return c.CALL_LOGGED, Channel.PHONE, payload, {}


def _with(name: c.EventName, channel: str, field: str = "") -> Callable[[str, str], Parts]:
    """Return a parser for acts whose phrase is a single optional payload field."""

    def parts(rest: str, ident: str) -> Parts:
        return name, channel, {field: rest} if field and rest else {}, {}

    return parts


def _products(name: c.EventName) -> Callable[[str, str], Parts]:
    def parts(rest: str, ident: str) -> Parts:
        return name, Channel.WEB, {"products": _goods(rest)}, {}

    return parts


WORDS: Mapping[str, Callable[[str, str], Parts]] = {
    "bought": _bought,
    "refunded": _refunded,
    "subscribed": _subscription(c.SUBSCRIPTION_STARTED),
    "renewed": _subscription(c.SUBSCRIPTION_RENEWED),
    "upgraded": _subscription(c.SUBSCRIPTION_UPGRADED),
    "payment-failed": lambda rest, ident: (c.PAYMENT_FAILED, Channel.BILLING, {"external_id": ident}, {}),
    "activated": _with(c.PRODUCT_ACTIVATED, Channel.PRODUCT, "product"),
    "onboarding-step": _with(c.ONBOARDING_STEP_DONE, Channel.PRODUCT, "step"),
    "onboarded": _with(c.ONBOARDING_COMPLETED, Channel.PRODUCT),
    "priced": _products(c.PRICING_VIEWED),
    "compared": _products(c.COMPARISON_VIEWED),
    "review-read": _with(c.REVIEW_READ, Channel.WEB, "site"),
    "newsletter": _with(c.NEWSLETTER_SUBSCRIBED, Channel.EMAIL),
    "demo": _with(c.DEMO_REQUESTED, Channel.WEB, "product"),
    "trial": _with(c.TRIAL_STARTED, Channel.PRODUCT, "product"),
    "webinar": _with(c.WEBINAR_ATTENDED, Channel.WEB, "title"),
    "called": _call,
    "met": lambda rest, ident: (c.MEETING_HELD, Channel.IN_PERSON, {"minutes": int(rest)}, {}),
    "opportunity": _with(c.OPPORTUNITY_OPENED, Channel.CRM, "stage"),
    "ticket": lambda rest, ident: (
        c.TICKET_OPENED,
        Channel.CRM,
        {"external_id": ident, "severity": int(rest)},
        {},
    ),
    "nps": _nps,
    "review": _review,
    "reference": _with(c.REFERENCE_COMPLETED, Channel.CRM, "prospect"),
    "case-study": _with(c.CASE_STUDY_PUBLISHED, Channel.CRM, "title"),
    "article": _with(c.ARTICLE_PUBLISHED, Channel.WEB, "title"),
    "talk": _with(c.TALK_GIVEN, Channel.IN_PERSON, "title"),
    "beta": _with(c.BETA_PARTICIPATED, Channel.PRODUCT, "programme"),
    "referred": _with(c.REFERRAL_REGISTERED, Channel.COMMUNITY),
    "qualified": _with(c.REFERRAL_QUALIFIED, Channel.CRM),
    "referral-bought": _with(c.REFERRAL_PURCHASED, Channel.BILLING),
    "mentored": _with(c.MENTEE_HELPED, Channel.COMMUNITY),
    "upheld-flag": _with(c.MODERATION_HELPED, Channel.COMMUNITY, "reason"),
}
# For these acts, the phrase names the counterpart.
WITH_COUNTERPART = {"referred", "qualified", "referral-bought", "mentored"}


def draft(member: Member, phrase: str, *, now: datetime, members: Mapping[str, Member]) -> Draft:
    """Return the event that a phrase describes. Raises KeyError for an unknown word or name."""
    act = Act.parse(phrase)
    # A refund or renewal gets the same external id as the purchase.
    ident = f"demo-{member.username}-{act.rest or act.word}".replace(" ", "-")[:90]
    name, channel, payload, extra = WORDS[act.word](act.rest, ident)
    other = members[act.rest] if act.word in WITH_COUNTERPART else None
    return Draft(
        name=name,
        occurred_at=now - timedelta(days=act.days_ago),
        payload=payload,
        object_type="members.member",
        object_id=member.pk,
        member_id=member.pk,
        actor_id=member.pk,
        actor_role=actor_role_of(member),
        counterpart_id=other.pk if other else None,
        company_id=member.company_id,
        channel=channel,
        source=SOURCE,
        key=phrase,
        **extra,
    )
