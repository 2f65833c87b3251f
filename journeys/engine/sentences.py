"""The sentence that explains a history row, to the member and to staff alike."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

NO_DECIMALS = frozenset("BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())  # noqa: SIM905
THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())  # noqa: SIM905

DID = {
    "visit.day": "visited the site",
    "member.registered": "joined the community",
    "topic.created": "started a topic",
    "question.asked": "asked a question",
    "reply.created": "replied",
    "idea.submitted": "submitted an idea",
    "article.published": "published an article",
    "prospect.question_asked": "asked in a prospect forum",
    "demo.requested": "asked for a demo",
    "trial.started": "started a trial",
    "opportunity.opened": "became a sales opportunity",
    "purchase.completed": "bought",
    "subscription.started": "started a subscription",
    "subscription.renewed": "renewed",
    "subscription.upgraded": "upgraded",
    "subscription.cancelled": "cancelled the subscription",
    "purchase.refunded": "was refunded",
    "subscription.lapsed": "did not renew",
    "onboarding.completed": "finished onboarding",
}


def did(kind: str) -> str:
    """Return an event kind as a verb phrase, such as "asked a question"."""
    return DID.get(kind) or kind.replace(".", " ").replace("_", " ")


def times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def money(cents: int, currency: str) -> str:
    """Return a stored amount for people, as `currencies.formatted` does, which the engine cannot import."""
    stored = 3 if currency in THREE_DECIMALS else 2
    shown = 0 if currency in NO_DECIMALS else stored
    return f"{Decimal(cents).scaleb(-stored):,.{shown}f} {currency}".rstrip()


def days(n: int) -> str:
    return "1 day" if n == 1 else f"{n} days"


def first_seen(facts: Mapping[str, Any]) -> str:
    return f"First seen: {did(facts['kind'])}."


def joined(facts: Mapping[str, Any]) -> str:
    return "Joined the community."


def came_back(facts: Mapping[str, Any]) -> str:
    return f"Came back: {did(facts['kind'])}."


def contributed(facts: Mapping[str, Any]) -> str:
    return f"Contributed for the first time: {did(facts['kind'])}."


def showed_interest(facts: Mapping[str, Any]) -> str:
    return (
        f"Reached {facts['points']:g} interest points within {days(facts['days'])}, "
        f"active on {days(facts['active_days'])} (at least {facts['needed']:g} points needed)."
    )


def evaluating(facts: Mapping[str, Any]) -> str:
    if "reads" in facts:
        return (
            f"Read prices, comparisons or reviews {times(facts['reads'])} within {days(facts['days'])}: "
            "comparing before a purchase."
        )
    return f"Is considering a purchase: {did(facts['kind'])}."


def became_customer(facts: Mapping[str, Any]) -> str:
    again = "again" if facts["cycle"] > 1 else "for the first time"
    return f"Bought {again}: {did(facts['kind'])} for {money(facts['cents'], facts['currency'])}."


def settled_in(facts: Mapping[str, Any]) -> str:
    if "kind" in facts:
        return f"Settled in as a customer: {did(facts['kind'])}."
    if "active_days" in facts:
        return f"Settled in as a customer: active on {days(facts['active_days'])} after buying."
    return f"Has been a customer for {days(facts['days'])}."


def retention(facts: Mapping[str, Any]) -> str:
    if "kind" in facts:
        return f"Stayed a customer: {did(facts['kind'])}."
    return f"Stayed a customer: for {days(facts['days'])}, and active in the last {facts['active_within']}."


def expansion(facts: Mapping[str, Any]) -> str:
    return f"Bought more: {facts['what']}."


def advocacy(facts: Mapping[str, Any]) -> str:
    if facts.get("left"):
        return "No longer an advocate: the score fell below the threshold."
    return "Became an advocate: the advocacy score reached the threshold, with more than one kind of contribution."


def lapsed(facts: Mapping[str, Any]) -> str:
    return f"No activity for {days(facts['days'])}."


def left(facts: Mapping[str, Any]) -> str:
    if facts["kind"] == "subscription.lapsed":
        return f"No longer a customer: did not renew, and the grace period of {days(facts['grace_days'])} is over."
    return f"No longer a customer: {did(facts['kind'])}."
