"""Badge rules: the shapes that a rule can have, and their validation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from community.core.validation import sentences, storable_json
from community.events.catalogue import EVENT_TYPES

# Upper limits keep the numbers within PostgreSQL's integers.
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Days = Annotated[int, Field(strict=True, ge=1, le=36_500)]


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EventRule(_Rule):
    """At least `at_least` events of the member, within any `window_days` days if given.

    `each` counts at most one event per day, object or counterpart. A streak of consecutive days is
    `each = "day"` with `window_days` equal to `at_least`. Days are those of the member's time zone. With `others`,
    only what was done for somebody else counts, so not answers to one's own question.
    """

    event: str
    at_least: Count = 1
    window_days: Days | None = None
    each: Literal["day", "object", "counterpart"] | None = None
    where: Annotated[dict[str, Any], AfterValidator(storable_json)] = Field(default_factory=dict)
    others: bool = False

    @field_validator("event")
    @classmethod
    def _declared(cls, name: str) -> str:
        if name not in EVENT_TYPES:
            raise ValueError(_("there is no event called “%(name)s”") % {"name": name})
        return name


class PostRule(_Rule):
    """Published posts of the member whose `number` is at least `at_least`; answers only to others' questions.

    Without `times`, each such post earns the badge once; with it, that many posts together earn it once.
    """

    post: Literal["answer", "reply", "question", "topic", "any"]
    number: Literal["score", "like_count", "view_count"]
    at_least: Count
    times: Count | None = None


class YearsRule(_Rule):
    """Each full year of membership, earned by the first contribution after it."""

    years: Literal["each"]


class AllRule(_Rule):
    """Several rules at once; the last one to be met dates the award."""

    all: list[EventRule | PostRule] = Field(min_length=2)

    @field_validator("all")
    @classmethod
    def _once_each(cls, rules: list[EventRule | PostRule]) -> list[EventRule | PostRule]:
        if any(isinstance(rule, PostRule) and rule.times is None for rule in rules):
            raise ValueError(_("a rule about posts inside “all” needs “times”"))
        return rules


class HandRule(_Rule):
    """Awarded manually or by an import."""

    by: Literal["hand", "import"]


Rule = EventRule | PostRule | YearsRule | AllRule | HandRule

SHAPES: dict[str, type[_Rule]] = {
    "event": EventRule,
    "post": PostRule,
    "years": YearsRule,
    "all": AllRule,
    "by": HandRule,
}


def parse(rule: dict[str, Any]) -> Rule:
    """Parse the JSON rule of a badge. Raises ValueError with a sentence when it is invalid."""
    shape = next((shape for key, shape in SHAPES.items() if isinstance(rule, dict) and key in rule), None)
    if shape is None:
        raise ValueError(_("A rule must contain one of: event, post, years, all, by."))
    try:
        return shape.model_validate(rule)  # type: ignore[return-value]
    except ValidationError as error:
        raise ValueError(" ".join(sentences(error))) from error


def event_rules(rule: Rule) -> list[EventRule]:
    """Return the event rules that the rule consists of."""
    parts = rule.all if isinstance(rule, AllRule) else [rule]
    return [part for part in parts if isinstance(part, EventRule)]
