"""Screeners that answer what a test wants, under a dotted path for the settings."""

from community.forum.screening import ALLOW, Verdict

verdict: Verdict = ALLOW


def screen(*_asked: object) -> Verdict:
    return verdict
