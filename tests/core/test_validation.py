from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from community.core.validation import sentences


class Part(BaseModel):
    points: float = Field(gt=0, lt=100)


class Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: int = Field(7, ge=1, le=30)
    kinds: frozenset[str] = Field(frozenset(["a"]), min_length=1)
    every: Literal["day", "week"] = "day"
    part: Part = Part(points=1)
    caps: dict[str, int] = Field(default_factory=dict)
    names: list[str] = Field(default_factory=list, max_length=2)
    is_on: bool = True

    @field_validator("every")
    @classmethod
    def _not_weekly(cls, value: str) -> str:
        if value == "week":
            raise ValueError("weeks are too long.")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> "Rules":
        if self.days == 13:
            raise ValueError("13 brings bad luck")
        return self


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"days": 0}, ["days must be at least 1."]),
        ({"days": 31}, ["days must be at most 30."]),
        ({"days": "x"}, ["days must be a whole number."]),
        ({"days": 1.5}, ["days must be a whole number."]),
        ({"days": None}, ["days must be a whole number."]),
        ({"days": 13}, ["13 brings bad luck."]),
        ({"dais": 1}, ["dais is not a known setting; check the spelling."]),
        ({"part": {}}, ["part.points is missing."]),
        ({"part": {"points": 0}}, ["part.points must be more than 0."]),
        ({"part": {"points": 100}}, ["part.points must be less than 100."]),
        ({"part": {"points": "many"}}, ["part.points must be a number."]),
        ({"part": []}, ["part must be an object, in braces."]),
        ({"kinds": []}, ["kinds must have more entries, at least 1."]),
        ({"kinds": "a"}, ["kinds must be a list, in brackets."]),
        ({"kinds": [1]}, ["kinds.0 must be text, in quotes."]),
        ({"caps": []}, ["caps must be an object, in braces."]),
        ({"caps": {"a": "b"}}, ["caps.a must be a whole number."]),
        ({"names": ["a", "b", "c"]}, ["names must have fewer entries, at most 2."]),
        ({"every": "year"}, ["every must be one of 'day' or 'week'."]),
        ({"every": "week"}, ["every: weeks are too long."]),
        ({"is_on": "perhaps"}, ["is_on must be true or false."]),
        ({"days": 0, "is_on": 7}, ["days must be at least 1.", "is_on must be true or false."]),
    ],
)
def test_errors_are_reworded_as_sentences(values: dict[str, Any], said: list[str]):
    with pytest.raises(ValidationError) as refusal:
        Rules.model_validate(values)

    assert sentences(refusal.value) == said
