"""Every declared event can happen: a service records it, or another system may send it."""

import ast
from functools import cache
from pathlib import Path

import pytest

from community.api.inbound_events import INBOUND
from community.badges import criteria
from community.badges.services.catalogue import shipped_badges
from community.events import catalogue
from community.events.catalogue import EVENT_TYPES, EventName

ROOT = Path(__file__).parents[2]
CONSTANTS = {value: name for name, value in vars(catalogue).items() if isinstance(value, EventName)}
RECORDERS = {"record", "record_all", "Draft"}


@cache
def recorded_names() -> set[str]:
    """Names used in modules that record events; those that only retract or follow them do not count."""
    found: set[str] = set()
    for app in ("community", "journeys", "advocacy"):
        for path in (ROOT / app).rglob("*.py"):
            if {"migrations", "demo", "importers"}.isdisjoint(path.parts):
                found |= _recorded_in(ast.parse(path.read_text(encoding="utf-8")))
    return found


def _recorded_in(tree: ast.Module) -> set[str]:
    names = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names if names & RECORDERS else set()


def test_the_catalogue_has_a_constant_for_each_event():
    assert set(CONSTANTS) == set(EVENT_TYPES)


@pytest.mark.parametrize("name", sorted(set(EVENT_TYPES) - INBOUND))
def test_an_event_of_this_site_is_recorded_somewhere(name):
    assert CONSTANTS[name] in recorded_names()


@pytest.mark.parametrize("row", shipped_badges(), ids=lambda row: row["slug"])
def test_a_shipped_badge_can_be_earned(row):
    rule = criteria.parse(row["rule"])

    for event_rule in criteria.event_rules(rule):
        assert event_rule.event in INBOUND or CONSTANTS[event_rule.event] in recorded_names()
        fields = EVENT_TYPES[event_rule.event].payload.model_fields
        assert set(event_rule.where) <= set(fields), "counts a property that the event does not have"
